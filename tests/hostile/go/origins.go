package main

import (
	"fmt"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/origins"
	monotonicclock "example.com/hostile/gen/wasi/clocks/monotonic-clock"
	outgoinghandler "example.com/hostile/gen/wasi/http/outgoing-handler"
	http "example.com/hostile/gen/wasi/http/types"
	"example.com/hostile/gen/wasi/io/streams"
)

// patience is how long the server may be waited for, in nanoseconds.
const patience = 1_000_000_000

type (
	scheme  = cm.Option[http.Scheme]
	options = cm.Option[http.RequestOptions]
)

// Ways round a list of origins.
func init() {
	exports := &origins.Exports
	exports.Request = func(of, authority, path string) answer {
		asked := http.SchemeOther(of)
		switch of {
		case "http":
			asked = http.SchemeHTTP()
		case "https":
			asked = http.SchemeHTTPS()
		}
		return request(cm.Some(asked), authority, path)
	}
	exports.RequestAs = func(authority, host string) answer {
		fields := http.NewFields()
		appended := fields.Append("Host", cm.ToList([]byte(host)))
		if appended.IsErr() {
			return told("no header: " + appended.Err().String())
		}
		return status(ask(plain(), authority, "/", fields, cm.None[http.RequestOptions]()))
	}
	exports.Follow = func(authority string) answer {
		first, failure := get(authority, "/redirect", cm.None[http.RequestOptions]())
		if failure != "" {
			return told(failure)
		}
		place := string(first.Headers().Get("location").Slice()[0].Slice())
		authority, _, _ = strings.Cut(strings.TrimPrefix(place, "http://"), "/")
		return then(first, authority)
	}
	exports.RequestTwice = func(authority string) answer {
		first, failure := get(authority, "/", cm.None[http.RequestOptions]())
		if failure != "" {
			return told(failure)
		}
		return then(first, authority)
	}
	exports.Receive = func(authority, path string) answer {
		stream, failure := body(authority, path, cm.None[http.RequestOptions]())
		if failure != "" {
			return told(failure)
		}
		for length := 0; ; {
			read := stream.BlockingRead(1 << 16)
			if !read.IsErr() {
				length += len(read.OK().Slice())
			} else if read.Err().Closed() {
				return got(fmt.Sprintf("%d bytes", length))
			} else {
				return told("broken off")
			}
		}
	}
	exports.Send = func(authority, path string) answer {
		asks, failure := outgoing(plain(), authority, path, http.NewFields())
		if failure != "" {
			return told(failure)
		}
		asks.SetMethod(http.MethodPost())
		sent := asks.Body()
		stream := sent.OK().Write()
		if future := outgoinghandler.Handle(asks, cm.None[http.RequestOptions]()); future.IsErr() {
			return told(future.Err().String())
		}
		bytes := cm.ToList(make([]byte, 4096))
		for {
			if written := stream.OK().BlockingWriteAndFlush(bytes); written.IsErr() {
				return told("broken off")
			}
		}
	}
	exports.ReadSlowly = func(authority string) answer {
		patient := http.NewRequestOptions()
		patient.SetBetweenBytesTimeout(cm.Some[uint64](patience))
		stream, failure := body(authority, "/two-pieces", cm.Some(patient))
		if failure != "" {
			return told(failure)
		}
		if first := stream.BlockingRead(1); first.IsErr() {
			return told("no first piece")
		}
		monotonicclock.SubscribeDuration(patience * 3 / 2).Block()
		if _, failure := get(authority, "/go-on", cm.None[http.RequestOptions]()); failure != "" {
			return told(failure)
		}
		if second := stream.BlockingRead(1); second.IsErr() {
			return told("no second piece")
		}
		return got("both pieces")
	}
	exports.SendSlowly = func(authority string) answer {
		asks, failure := outgoing(plain(), authority, "/take-to-the-end", http.NewFields())
		if failure != "" {
			return told(failure)
		}
		asks.SetMethod(http.MethodPost())
		patient := http.NewRequestOptions()
		patient.SetFirstByteTimeout(cm.Some[uint64](patience))
		body := asks.Body()
		stream := body.OK().Write()
		sent := outgoinghandler.Handle(asks, cm.Some(patient))
		if first := stream.OK().BlockingWriteAndFlush(cm.ToList([]byte("1"))); first.IsErr() {
			return told("no first piece")
		}
		monotonicclock.SubscribeDuration(patience * 3 / 2).Block()
		if second := stream.OK().BlockingWriteAndFlush(cm.ToList([]byte("2"))); second.IsErr() {
			return told("no second piece")
		}
		stream.OK().ResourceDrop()
		http.OutgoingBodyFinish(*body.OK(), cm.None[http.Fields]())
		return status(answered(sent))
	}
	exports.LookUp = lookUp
}

func plain() scheme { return cm.Some(http.SchemeHTTP()) }

// request gives the status that a request is answered with.
func request(of scheme, authority, path string) answer {
	return status(ask(of, authority, path, http.NewFields(), cm.None[http.RequestOptions]()))
}

func get(authority, path string, patient options) (http.IncomingResponse, string) {
	return ask(plain(), authority, path, http.NewFields(), patient)
}

// ask gives the answer to a request, or what was told instead.
func ask(
	of scheme, authority, path string, fields http.Fields, patient options,
) (http.IncomingResponse, string) {
	asks, failure := outgoing(of, authority, path, fields)
	if failure != "" {
		return 0, failure
	}
	return answered(outgoinghandler.Handle(asks, patient))
}

// answered waits for the answer to a request that was sent.
func answered(
	future cm.Result[outgoinghandler.ErrorCodeShape, outgoinghandler.FutureIncomingResponse, outgoinghandler.ErrorCode],
) (http.IncomingResponse, string) {
	if future.IsErr() {
		return 0, future.Err().String()
	}
	future.OK().Subscribe().Block()
	ready := future.OK().Get()
	response := ready.Some().OK()
	if response.IsErr() {
		return 0, response.Err().String()
	}
	return *response.OK(), ""
}

func outgoing(of scheme, authority, path string, fields http.Fields) (http.OutgoingRequest, string) {
	asks := http.NewOutgoingRequest(fields)
	if asks.SetScheme(of) == cm.ResultErr {
		return 0, "no scheme"
	}
	if asks.SetAuthority(cm.Some(authority)) == cm.ResultErr {
		return 0, "no authority"
	}
	if asks.SetPathWithQuery(cm.Some(path)) == cm.ResultErr {
		return 0, "no path"
	}
	return asks, ""
}

// body gives the body of the answer to a request, or what was told instead.
func body(authority, path string, patient options) (streams.InputStream, string) {
	response, failure := get(authority, path, patient)
	if failure != "" {
		return 0, failure
	}
	body := response.Consume()
	stream := body.OK().Stream()
	return *stream.OK(), ""
}

func status(response http.IncomingResponse, failure string) answer {
	if failure != "" {
		return told(failure)
	}
	return got(fmt.Sprintf("status %d", response.Status()))
}

func then(first http.IncomingResponse, authority string) answer {
	before := fmt.Sprintf("status %d, then ", first.Status())
	second, failure := get(authority, "/", cm.None[http.RequestOptions]())
	if failure != "" {
		return told(before + failure)
	}
	return got(before + fmt.Sprintf("status %d", second.Status()))
}
