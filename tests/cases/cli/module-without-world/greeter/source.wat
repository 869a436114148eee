(module (func (export "greet")))
