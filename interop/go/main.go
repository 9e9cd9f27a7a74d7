// Kafka with Sarama, instrumented by otelsarama: SyncProducer and ConsumerGroupHandler.
//
// Commands on standard input, one JSON line each, and a line with the answer to each on standard output:
//
//	{"id": 1, "do": "produce", "to": "orders", "messages": ["a"], "context": {"traceparent": "00-…"}}
//	{"id": 2, "do": "consume", "from": "orders", "deliveries": 1, "failures": 0}
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"

	"github.com/IBM/sarama"
	"github.com/dnwe/otelsarama"
	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

type command struct {
	ID         int               `json:"id"`
	Do         string            `json:"do"`
	To         string            `json:"to"`
	From       string            `json:"from"`
	Messages   []string          `json:"messages"`
	Context    map[string]string `json:"context"`
	Deliveries int               `json:"deliveries"`
	Failures   int               `json:"failures"`
	DeadLetter string            `json:"deadLetter"`
	// What is sent as it is, beside the instrumentation: names and values, null ones too.
	Headers [][2]*string `json:"headers"`
}

type answer struct {
	ID    int      `json:"id"`
	Sent  []string `json:"sent,omitempty"`
	Seen  []seen   `json:"seen,omitempty"`
	Error string   `json:"error,omitempty"`
}

type seen struct {
	Message string            `json:"message"`
	Attempt int               `json:"attempt"`
	Headers map[string]string `json:"headers"`
}

var (
	brokers = strings.Split(os.Getenv("KAFKA_BROKERS"), ",")
	tracer  = otel.Tracer("interop")
	// Whatever the propagators under test are, a command brings its context in W3C's form.
	w3c = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
)

func main() {
	exporter, err := otlptracehttp.New(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(autoprop.NewTextMapPropagator())
	config := newConfig()
	plain, err := sarama.NewSyncProducer(brokers, config)
	if err != nil {
		log.Fatal(err)
	}
	producer := otelsarama.WrapSyncProducer(config, plain)
	serve(func(one command) (answer, error) {
		if one.Headers != nil {
			return sendAsItIs(plain, one)
		}
		if one.Do == "produce" {
			return produce(producer, one)
		}
		return consume(config, producer, one)
	})
	if err := provider.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// serve answers the commands, each in a goroutine of its own.
func serve(run func(command) (answer, error)) {
	var writing sync.Mutex
	var running sync.WaitGroup
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var one command
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			log.Fatal(err)
		}
		running.Go(func() {
			done, err := run(one)
			if err != nil {
				done.Error = err.Error()
			}
			done.ID = one.ID
			line, _ := json.Marshal(done)
			writing.Lock()
			defer writing.Unlock()
			fmt.Println(string(line))
		})
	}
	running.Wait()
}

func newConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Producer.Return.Successes = true
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return config
}

func produce(producer sarama.SyncProducer, one command) (answer, error) {
	ctx := w3c.Extract(context.Background(), propagation.MapCarrier(one.Context))
	// The app's own span around what it sends.
	ctx, order := tracer.Start(ctx, "order")
	defer order.End()
	order.SetAttributes(attribute.StringSlice("app.messages", one.Messages))
	messages := make([]*sarama.ProducerMessage, len(one.Messages))
	for index, message := range one.Messages {
		messages[index] = &sarama.ProducerMessage{Topic: one.To, Value: sarama.StringEncoder(message)}
		// otelsarama takes its parent from the message.
		otel.GetTextMapPropagator().Inject(ctx, otelsarama.NewProducerMessageCarrier(messages[index]))
	}
	if len(messages) == 1 {
		_, _, err := producer.SendMessage(messages[0])
		return answer{Sent: one.Messages}, err
	}
	return answer{Sent: one.Messages}, producer.SendMessages(messages)
}

func sendAsItIs(plain sarama.SyncProducer, one command) (answer, error) {
	message := &sarama.ProducerMessage{Topic: one.To, Value: sarama.StringEncoder(one.Messages[0])}
	for _, header := range one.Headers {
		record := sarama.RecordHeader{Key: []byte(*header[0])}
		if header[1] != nil {
			record.Value = []byte(*header[1])
		}
		message.Headers = append(message.Headers, record)
	}
	_, _, err := plain.SendMessage(message)
	return answer{Sent: one.Messages}, err
}
