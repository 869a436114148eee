package main

import (
	"fmt"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/floods"
	"example.com/hostile/gen/wasi/cli/stderr"
	"example.com/hostile/gen/wasi/cli/stdout"
	monotonicclock "example.com/hostile/gen/wasi/clocks/monotonic-clock"
	http "example.com/hostile/gen/wasi/http/types"
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
	exports.Listings = func() answer {
		work := work()
		for number := range 200 {
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
	exports.MoreThanIsPermitted = func() answer {
		file := create(work(), "large")
		if file.IsErr() {
			return told(file.Err().String())
		}
		stream := file.OK().AppendViaStream()
		if stream.IsErr() {
			return told(stream.Err().String())
		}
		return done(stream.OK().Write(cm.ToList(make([]byte, 1<<20))))
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
	exports.BodiesThatAreNotSent = func() answer {
		bytes := make([]byte, 1<<20)
		for {
			if ended, why := leaveABody(bytes); ended {
				return why
			}
		}
	}
	exports.LongMethods = func() answer {
		return requests(func(request http.OutgoingRequest, text string) requested {
			return request.SetMethod(http.MethodOther(text))
		})
	}
	exports.LongAuthorities = func() answer {
		return requests(func(request http.OutgoingRequest, text string) requested {
			return request.SetAuthority(cm.Some(text))
		})
	}
	exports.LongPaths = func() answer {
		return requests(func(request http.OutgoingRequest, text string) requested {
			return request.SetPathWithQuery(cm.Some("/" + text))
		})
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

// leaveABody fills the body of a request that is never sent, unless that comes to an end.
func leaveABody(bytes []byte) (ended bool, why answer) {
	request := http.NewOutgoingRequest(http.NewFields())
	body := request.Body()
	if body.IsErr() {
		return true, told("no body")
	}
	stream := body.OK().Write()
	if stream.IsErr() {
		return true, told("no stream")
	}
	kept := 0
	for {
		permitted := stream.OK().CheckWrite()
		if permitted.IsErr() {
			return true, told(permitted.Err().String())
		}
		if *permitted.OK() == 0 {
			break
		}
		piece := bytes[:min(*permitted.OK(), uint64(len(bytes)))]
		if written := stream.OK().Write(cm.ToList(piece)); written.IsErr() {
			return true, told(written.Err().String())
		}
		kept += len(piece)
		if kept >= len(bytes) {
			return true, got("a megabyte is kept of each")
		}
	}
	stream.OK().ResourceDrop()
	if finished := http.OutgoingBodyFinish(*body.OK(), cm.None[http.Fields]()); finished.IsErr() {
		return true, told("not finished")
	}
	return false, answer{}
}

// requested is what came of putting something into a request.
type requested = cm.BoolResult

// requests leaves requests behind in which there is a text of two megabytes.
func requests(put func(http.OutgoingRequest, string) requested) answer {
	text := strings.Repeat("x", 2<<20)
	return until(func() answer {
		if put(http.NewOutgoingRequest(http.NewFields()), text) == cm.ResultErr {
			return told("refused")
		}
		return got("it was let")
	})
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
