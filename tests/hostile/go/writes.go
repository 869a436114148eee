package main

import (
	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/writes"
	"example.com/hostile/gen/wasi/filesystem/types"
	"example.com/hostile/gen/wasi/io/streams"
)

const file = "file.txt"

// Ways to change what can only be read.
func init() {
	exports := &writes.Exports
	exports.OpenToWrite = func() answer {
		return done(data().OpenAt(0, file, 0, types.DescriptorFlagsRead|types.DescriptorFlagsWrite))
	}
	exports.Truncate = func() answer {
		return done(data().OpenAt(0, file, types.OpenFlagsTruncate, types.DescriptorFlagsWrite))
	}
	exports.TruncateAndRead = func() answer {
		return done(data().OpenAt(0, file, types.OpenFlagsTruncate, types.DescriptorFlagsRead))
	}
	exports.Create = func() answer { return done(create(data(), "new.txt")) }
	exports.WriteWhatWasOpenedToRead = func() answer {
		return withFile(func(file types.Descriptor) answer {
			return done(file.Write(cm.ToList([]byte("changed")), 0))
		})
	}
	exports.WriteByAStream = func() answer {
		return withFile(func(file types.Descriptor) answer { return through(file.WriteViaStream(0)) })
	}
	exports.AppendByAStream = func() answer {
		return withFile(func(file types.Descriptor) answer { return through(file.AppendViaStream()) })
	}
	exports.SetSize = func() answer {
		return withFile(func(file types.Descriptor) answer { return done(file.SetSize(0)) })
	}
	exports.SetTimes = func() answer {
		return withFile(func(file types.Descriptor) answer {
			return done(file.SetTimes(types.NewTimestampNow(), types.NewTimestampNow()))
		})
	}
	exports.Remove = func() answer { return done(data().UnlinkFileAt(file)) }
	exports.MakeADirectory = func() answer { return done(data().CreateDirectoryAt("new")) }
	exports.MakeALink = func() answer { return done(data().SymlinkAt(file, "new")) }
	exports.Rename = func() answer { return done(data().RenameAt(file, data(), "new.txt")) }
	exports.RenameIntoTheOther = func() answer { return done(data().RenameAt(file, work(), "taken.txt")) }
	exports.HardLinkIntoTheOther = func() answer { return done(data().LinkAt(0, file, work(), "same.txt")) }
	exports.ReplaceFromTheOther = func() answer {
		if made := create(work(), "mine.txt"); made.IsErr() {
			return told(made.Err().String())
		}
		return done(work().RenameAt("mine.txt", data(), file))
	}
	exports.OpenADirectoryToChangeIt = func() answer {
		flags := types.DescriptorFlagsRead | types.DescriptorFlagsMutateDirectory
		again := data().OpenAt(0, ".", types.OpenFlagsDirectory, flags)
		if again.IsErr() {
			return told(again.Err().String())
		}
		return done(again.OK().UnlinkFileAt(file))
	}
}

// withFile does something with a file that was opened to be read.
func withFile(attempt func(types.Descriptor) answer) answer {
	file := open(data(), file)
	if file.IsErr() {
		return told(file.Err().String())
	}
	return attempt(*file.OK())
}

// through writes to a stream.
func through(stream cm.Result[types.OutputStream, types.OutputStream, types.ErrorCode]) answer {
	if stream.IsErr() {
		return told(stream.Err().String())
	}
	return write(*stream.OK(), []byte("changed"))
}

func write(stream streams.OutputStream, bytes []byte) answer {
	written := stream.BlockingWriteAndFlush(cm.ToList(bytes))
	if written.IsErr() {
		return told(written.Err().String())
	}
	return got("it was let")
}
