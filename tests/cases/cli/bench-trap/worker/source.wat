(component
  (core module $m
    (global $calls (mut i32) (i32.const 0))
    ;; Has enough of it in its tenth call.
    (func $tenth (export "tenth") (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (if (i32.eq (global.get $calls) (i32.const 10)) (then unreachable))
      (global.get $calls)))
  (core instance $i (instantiate $m))
  (func (export "tenth") (result u32) (canon lift (core func $i "tenth"))))
