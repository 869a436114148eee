module example.com/crossing

go 1.24

require go.bytecodealliance.org/cm v0.2.2
