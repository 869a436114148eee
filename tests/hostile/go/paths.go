package main

import (
	"strings"

	"example.com/hostile/gen/poly/hostile/paths"
	"example.com/hostile/gen/wasi/filesystem/types"
)

const (
	secret = "secret.txt"
	above  = "../secret.txt"
)

// Ways out of a directory.
func init() {
	exports := &paths.Exports
	exports.DotDot = func() answer { return steal(data(), above) }
	exports.DotDotBelow = func() answer { return steal(data(), "inner/../../secret.txt") }
	exports.DotDotThroughAFile = func() answer { return steal(data(), "file.txt/../../secret.txt") }
	exports.DotDotAsADirectory = func() answer { return stealIn("..") }
	exports.Absolute = func() answer { return steal(data(), "/etc/passwd") }
	exports.PlantedLink = func() answer { return steal(data(), "planted") }
	exports.PlantedLinkToADirectory = func() answer { return steal(data(), "planted-directory/secret.txt") }
	exports.PlantedLinkWithASlash = func() answer { return stealIn("planted-directory/") }
	exports.SlashAtTheEnd = func() answer {
		if first := steal(data(), "../secret.txt/"); !first.IsErr() {
			return first
		}
		return steal(data(), "planted/")
	}
	exports.OwnLink = func() answer {
		return after(done(work().SymlinkAt(above, "own")), "own")
	}
	exports.OwnAbsoluteLink = func() answer {
		return after(done(work().SymlinkAt("/etc/passwd", "own-absolute")), "own-absolute")
	}
	exports.OwnLinkInTwoSteps = func() answer {
		for _, step := range []func() answer{
			func() answer { return done(work().CreateDirectoryAt("deep")) },
			func() answer { return done(work().CreateDirectoryAt("deep/deeper")) },
			// It leads to a file of the granted directory, until its own lies higher.
			func() answer { return done(work().SymlinkAt("../../secret.txt", "deep/deeper/out")) },
		} {
			if done := step(); done.IsErr() {
				return done
			}
		}
		return after(done(work().RenameAt("deep/deeper", work(), "higher")), "higher/out")
	}
	exports.HardLinkFromAbove = func() answer {
		return after(done(work().LinkAt(0, above, work(), "stolen")), "stolen")
	}
	exports.HardLinkOfALink = func() answer {
		linked := work().LinkAt(types.PathFlagsSymlinkFollow, "planted", work(), "stolen")
		return after(done(linked), "stolen")
	}
	exports.RenameOut = func() answer {
		if made := create(work(), "mine"); made.IsErr() {
			return told(made.Err().String())
		}
		return done(work().RenameAt("mine", work(), "../taken-out"))
	}
	exports.RenameFromAbove = func() answer {
		return after(done(work().RenameAt(above, work(), "stolen")), "stolen")
	}
	exports.LookAbove = func() answer { return done(data().StatAt(0, above)) }
	exports.WhereALinkLeads = func() answer {
		link := data().ReadLinkAt("planted-absolute")
		if link.IsErr() {
			return told(link.Err().String())
		}
		return got(*link.OK())
	}
	exports.ANulInThePath = func() answer { return steal(data(), "file.txt\x00/../../secret.txt") }
	exports.AVeryLongPath = func() answer { return steal(data(), strings.Repeat("a/", 500_000)) }
	exports.APipeThatNobodyWrites = func() answer { return steal(data(), "pipe") }
}

// stealIn opens a directory, and takes the secret that is in it.
func stealIn(path string) answer {
	above := data().OpenAt(0, path, types.OpenFlagsDirectory, types.DescriptorFlagsRead)
	if above.IsErr() {
		return told(above.Err().String())
	}
	return steal(*above.OK(), secret)
}

// after takes what lies at a path in /work, if the step before it succeeded.
func after(step answer, path string) answer {
	if step.IsErr() {
		return step
	}
	return steal(work(), path)
}
