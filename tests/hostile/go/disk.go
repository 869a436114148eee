package main

import (
	"fmt"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/disk"
	"example.com/hostile/gen/wasi/filesystem/types"
	"example.com/hostile/gen/wasi/io/streams"
)

const largest = 1<<64 - 1

// Ways to fill the disk. None of them ends by itself.
func init() {
	exports := &disk.Exports
	exports.AFile = func() answer {
		return withNew(func(file types.Descriptor) answer {
			bytes := cm.ToList(make([]byte, 1<<20))
			at := types.FileSize(0)
			return until(func() answer {
				written := file.Write(bytes, at)
				if written.IsOK() {
					at += *written.OK()
				}
				return done(written)
			})
		})
	}
	exports.ByAStream = func() answer {
		return withNew(func(file types.Descriptor) answer { return floodOf(file.WriteViaStream(0)) })
	}
	exports.ByAppending = func() answer {
		return withNew(func(file types.Descriptor) answer { return floodOf(file.AppendViaStream()) })
	}
	exports.ByZeroes = func() answer {
		return withNew(func(file types.Descriptor) answer {
			stream := file.AppendViaStream()
			if stream.IsErr() {
				return told(stream.Err().String())
			}
			return until(func() answer { return done(stream.OK().BlockingWriteZeroesAndFlush(4096)) })
		})
	}
	exports.OntoItself = ontoItself
	exports.AByteFarOut = func() answer {
		return withNew(func(file types.Descriptor) answer {
			return done(file.Write(cm.ToList([]byte{1}), 1<<40))
		})
	}
	exports.AStreamFarOut = func() answer {
		return withNew(func(file types.Descriptor) answer { return floodOf(file.WriteViaStream(1 << 40)) })
	}
	exports.AFileOfHoles = func() answer {
		return withNew(func(file types.Descriptor) answer { return done(file.SetSize(1 << 40)) })
	}
	exports.TheLargestFile = func() answer {
		return withNew(func(file types.Descriptor) answer { return done(file.SetSize(largest)) })
	}
	exports.Files = func() answer {
		work := work()
		return again("file", func(name string) answer {
			made := create(work, name)
			if made.IsOK() {
				made.OK().ResourceDrop()
			}
			return done(made)
		})
	}
	exports.Directories = func() answer {
		work := work()
		return again("directory", func(name string) answer { return done(work.CreateDirectoryAt(name)) })
	}
	exports.SymbolicLinks = func() answer {
		work, target := work(), strings.Repeat("x", 4000)
		return again("symbolic", func(name string) answer { return done(work.SymlinkAt(target, name)) })
	}
	exports.HardLinks = func() answer {
		work := work()
		return withNew(func(types.Descriptor) answer {
			return again("hard", func(name string) answer { return done(work.LinkAt(0, "flood", work, name)) })
		})
	}
	exports.Renames = func() answer {
		work, name := work(), strings.Repeat("x", 200)
		inner := "inner/" + name
		if made := done(work.CreateDirectoryAt("inner")); made.IsErr() {
			return made
		}
		if made := done(create(work, name)); made.IsErr() {
			return made
		}
		return until(func() answer {
			if moved := done(work.RenameAt(name, work, inner)); moved.IsErr() {
				return moved
			}
			return done(work.RenameAt(inner, work, name))
		})
	}
	exports.RemovedAndWrittenAgain = func() answer {
		work, bytes := work(), cm.ToList(make([]byte, 1<<16))
		return until(func() answer {
			file := create(work, "flood")
			if file.IsErr() {
				return told(file.Err().String())
			}
			defer file.OK().ResourceDrop()
			if written := done(file.OK().Write(bytes, 0)); written.IsErr() {
				return written
			}
			if emptied := done(file.OK().SetSize(0)); emptied.IsErr() {
				return emptied
			}
			return done(work.UnlinkFileAt("flood"))
		})
	}
}

func ontoItself() answer {
	flags := types.DescriptorFlagsRead | types.DescriptorFlagsWrite
	file := work().OpenAt(0, "flood", types.OpenFlagsCreate, flags)
	if file.IsErr() {
		return told(file.Err().String())
	}
	if begun := done(file.OK().Write(cm.ToList(make([]byte, 4096)), 0)); begun.IsErr() {
		return begun
	}
	end := file.OK().AppendViaStream()
	if end.IsErr() {
		return told(end.Err().String())
	}
	return until(func() answer {
		all := file.OK().ReadViaStream(0)
		if all.IsErr() {
			return told(all.Err().String())
		}
		defer all.OK().ResourceDrop()
		return done(end.OK().BlockingSplice(*all.OK(), largest))
	})
}

// withNew does something with a file that may be written to.
func withNew(attempt func(types.Descriptor) answer) answer {
	file := create(work(), "flood")
	if file.IsErr() {
		return told(file.Err().String())
	}
	return attempt(*file.OK())
}

// floodOf writes to a stream for ever.
func floodOf(stream cm.Result[types.OutputStream, types.OutputStream, types.ErrorCode]) answer {
	if stream.IsErr() {
		return told(stream.Err().String())
	}
	return flood(streams.OutputStream(*stream.OK()))
}

// again does something with one name after the other.
func again(what string, attempt func(name string) answer) answer {
	number := 0
	return until(func() answer {
		number++
		return attempt(fmt.Sprintf("%s-%d", what, number))
	})
}
