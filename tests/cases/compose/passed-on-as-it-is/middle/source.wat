(component
  (import "demo:case/store" (instance $store
    (export "token" (type $token (sub resource)))
    (export "[constructor]token" (func (param "value" u32) (result (own $token))))
    (export "[method]token.value" (func (param "self" (borrow $token)) (result u32)))))
  (export "demo:case/store" (instance $store)))
