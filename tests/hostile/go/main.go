// A guest that tries everything, in Go. wit/world.wit says what each attempt is.
package main

import (
	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/wasi/filesystem/preopens"
	"example.com/hostile/gen/wasi/filesystem/types"
)

// answer is what was got, or what was told instead.
type answer = cm.Result[string, string, string]

func got(what string) answer  { return cm.OK[answer](what) }
func told(what string) answer { return cm.Err[answer](what) }

// code is the error of a call of WASI.
type code interface{ String() string }

// done says that a call succeeded which should not have.
func done[S, T any, C code](result cm.Result[S, T, C]) answer {
	if result.IsErr() {
		return told((*result.Err()).String())
	}
	return got("it was let")
}

// directory gives the directory that is granted under a name.
func directory(name string) types.Descriptor {
	for _, granted := range preopens.GetDirectories().Slice() {
		if granted.F1 == name {
			return granted.F0
		}
	}
	panic(name + " is not granted")
}

func data() types.Descriptor { return directory("/data") }
func work() types.Descriptor { return directory("/work") }

type opened = cm.Result[types.Descriptor, types.Descriptor, types.ErrorCode]

// open opens a file to read, following links.
func open(at types.Descriptor, path string) opened {
	return at.OpenAt(types.PathFlagsSymlinkFollow, path, 0, types.DescriptorFlagsRead)
}

// create makes a file to write to.
func create(at types.Descriptor, path string) opened {
	return at.OpenAt(0, path, types.OpenFlagsCreate, types.DescriptorFlagsWrite)
}

// read gives what is in a file.
func read(file types.Descriptor) answer {
	result := file.Read(64, 0)
	if result.IsErr() {
		return told(result.Err().String())
	}
	return got(string(result.OK().F0.Slice()))
}

// steal gives what is in a file that should be out of reach.
func steal(at types.Descriptor, path string) answer {
	file := open(at, path)
	if file.IsErr() {
		return told(file.Err().String())
	}
	return read(*file.OK())
}

func main() {}
