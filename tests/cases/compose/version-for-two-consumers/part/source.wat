(module
  (global $count (mut i32) (i32.const 0))
  (func (export "demo:counter/counter@0.2.1#next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    global.get $count))
