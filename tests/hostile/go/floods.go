package main

import (
	"fmt"

	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/floods"
	"example.com/hostile/gen/wasi/cli/stderr"
	"example.com/hostile/gen/wasi/cli/stdout"
	monotonicclock "example.com/hostile/gen/wasi/clocks/monotonic-clock"
	http "example.com/hostile/gen/wasi/http/types"
	"example.com/hostile/gen/wasi/filesystem/types"
	"example.com/hostile/gen/wasi/io/poll"
	"example.com/hostile/gen/wasi/io/streams"
	"example.com/hostile/gen/wasi/random/random"
	"example.com/hostile/gen/wasi/sockets/network"
	tcpcreatesocket "example.com/hostile/gen/wasi/sockets/tcp-create-socket"
)

var (
	kept  [][]byte
	turns uint64
)

// Ways to use up what there is. None of them ends by itself.
func init() {
	exports := &floods.Exports
	exports.EndlessLoop = func() answer {
		for {
			turns++
		}
	}
	exports.EndlessRecursion = func() answer { return got(fmt.Sprint(deeper(0))) }
	exports.EndlessSleep = func() answer {
		monotonicclock.SubscribeDuration(1<<64 - 1).Block()
		return got("it is over")
	}
	exports.Memory = func() answer {
		for {
			kept = append(kept, make([]byte, 1<<20))
		}
	}
	exports.StandardOutput = func() answer { return flood(stdout.GetStdout()) }
	exports.StandardError = func() answer { return flood(stderr.GetStderr()) }
	exports.AFile = aFile
	exports.AFileOfHoles = func() answer {
		file := create(work(), "holes")
		if file.IsErr() {
			return told(file.Err().String())
		}
		return done(file.OK().SetSize(1 << 40))
	}
	exports.ManyFiles = func() answer {
		work := work()
		for number := 0; ; number++ {
			made := create(work, fmt.Sprintf("flood-%d", number))
			if made.IsErr() {
				return told(made.Err().String())
			}
			made.OK().ResourceDrop()
		}
	}
	exports.Listings = func() answer {
		work := work()
		for number := range 1000 {
			made := create(work, fmt.Sprintf("%0200d", number))
			if made.IsErr() {
				return told(made.Err().String())
			}
			made.OK().ResourceDrop()
		}
		return until(func() answer { return done(work.ReadDirectory()) })
	}
	exports.OpenFiles = func() answer {
		data := data()
		return until(func() answer { return done(open(data, file)) })
	}
	exports.Streams = func() answer {
		file := open(data(), file)
		if file.IsErr() {
			return told(file.Err().String())
		}
		return until(func() answer { return done(file.OK().ReadViaStream(0)) })
	}
	exports.Pollables = func() answer {
		for {
			monotonicclock.SubscribeDuration(1)
		}
	}
	exports.Sockets = func() answer {
		for {
			socket := tcpcreatesocket.CreateTCPSocket(network.IPAddressFamilyIPv4)
			if socket.IsErr() {
				return noSocket(socket.Err())
			}
		}
	}
	exports.HeaderFields = func() answer {
		value := cm.ToList(make([]byte, 100_000))
		text := value.Slice()
		for at := range text {
			text[at] = 'x'
		}
		return until(func() answer { return done(http.NewFields().Append("x", value)) })
	}
	exports.OneLargeHeader = func() answer {
		value := make([]byte, 1<<20)
		for at := range value {
			value[at] = 'x'
		}
		fields := http.NewFields()
		return until(func() answer { return done(fields.Append("x", cm.ToList(value))) })
	}
	exports.RandomBytes = func() answer {
		for {
			random.GetRandomBytes(1 << 20)
		}
	}
	exports.AllRandomBytesAtOnce = func() answer {
		return got(fmt.Sprint(random.GetRandomBytes(1<<64-1).Len(), " bytes"))
	}
	exports.ClockReadings = func() answer {
		for {
			turns += uint64(monotonicclock.Now())
		}
	}
	exports.OnePollableManyTimes = func() answer {
		pollable := monotonicclock.SubscribeDuration(1)
		many := make([]poll.Pollable, 1_000_000)
		for at := range many {
			many[at] = pollable
		}
		for {
			poll.Poll(cm.ToList(many))
		}
	}
	exports.Leak = func() answer {
		for range 10 {
			monotonicclock.SubscribeDuration(1)
		}
		return told("left behind")
	}
}

func aFile() answer {
	file := create(work(), "flood")
	if file.IsErr() {
		return told(file.Err().String())
	}
	bytes := cm.ToList(make([]byte, 1<<20))
	at := uint64(0)
	for {
		written := file.OK().Write(bytes, types.FileSize(at))
		if written.IsErr() {
			return told(written.Err().String())
		}
		at += uint64(*written.OK())
	}
}

// until tries until it is told no.
func until(attempt func() answer) answer {
	for {
		if result := attempt(); result.IsErr() {
			return result
		}
	}
}

//go:noinline
func deeper(level uint64) uint64 {
	turns++
	return deeper(level+1) + turns
}

func flood(stream streams.OutputStream) answer {
	line := make([]byte, 4096)
	for at := range line {
		line[at] = 'x'
	}
	return until(func() answer { return write(stream, line) })
}
