package main

import (
	"context"
	"errors"
	"time"

	"github.com/IBM/sarama"
	"github.com/dnwe/otelsarama"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"
)

var errRefused = errors.New("the order is refused")

// handler handles deliveries of messages, of which the first ones may be told to fail.
type handler struct {
	command  command
	producer sarama.SyncProducer
	seen     []seen
	done     context.CancelFunc
}

func consume(config *sarama.Config, producer sarama.SyncProducer, one command) (answer, error) {
	group, err := sarama.NewConsumerGroup(brokers, one.From+".sarama", config)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	handler := &handler{command: one, producer: producer, done: cancel}
	wrapped := otelsarama.WrapConsumerGroupHandler(handler)
	for ctx.Err() == nil {
		// A handler that has failed ends the session: the next one begins with what was not marked.
		if err := group.Consume(ctx, []string{one.From}, wrapped); err != nil && ctx.Err() == nil {
			return answer{}, err
		}
	}
	return answer{Seen: handler.seen}, group.Close()
}

func (*handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (h *handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		isHandled := h.handle(message)
		if !isHandled && !h.isLastFailure() {
			h.endWhenDone()
			return errRefused
		}
		if !isHandled {
			if err := h.giveUp(message); err != nil {
				return err
			}
		}
		session.MarkMessage(message, "")
		if h.endWhenDone() {
			return nil
		}
	}
	return nil
}

// handle has the app's own span around the work on a message, and tells whether it succeeded.
func (h *handler) handle(message *sarama.ConsumerMessage) bool {
	ctx := otel.GetTextMapPropagator().Extract(context.Background(), otelsarama.NewConsumerMessageCarrier(message))
	text := string(message.Value)
	attempt := 1
	for _, one := range h.seen {
		if one.Message == text {
			attempt++
		}
	}
	_, span := tracer.Start(ctx, "handle", trace.WithAttributes(
		attribute.String("app.message", text),
		attribute.Int("app.attempt", attempt),
		attribute.String("app.tenant", baggage.FromContext(ctx).Member("tenant").Value()),
	))
	defer span.End()
	headers := map[string]string{}
	for _, header := range message.Headers {
		headers[string(header.Key)] = string(header.Value)
	}
	h.seen = append(h.seen, seen{Message: text, Attempt: attempt, Headers: headers})
	return attempt > h.command.Failures
}

func (h *handler) isLastFailure() bool {
	return h.command.DeadLetter != "" && h.seen[len(h.seen)-1].Attempt == h.command.Failures
}

func (h *handler) endWhenDone() bool {
	isDone := len(h.seen) >= h.command.Deliveries
	if isDone {
		h.done()
	}
	return isDone
}

// giveUp sends a message to where dead letters go, with the headers that it came with and what is to be known of it.
func (h *handler) giveUp(message *sarama.ConsumerMessage) error {
	headers := []sarama.RecordHeader{
		header("dlq.original_queue", message.Topic),
		header("dlq.error", errRefused.Error()),
		header("dlq.timestamp", time.Now().UTC().Format(time.RFC3339Nano)),
	}
	for _, one := range message.Headers {
		headers = append(headers, *one)
	}
	_, _, err := h.producer.SendMessage(&sarama.ProducerMessage{
		Topic:   h.command.DeadLetter,
		Value:   sarama.ByteEncoder(message.Value),
		Headers: headers,
	})
	return err
}

func header(name, value string) sarama.RecordHeader {
	return sarama.RecordHeader{Key: []byte(name), Value: []byte(value)}
}
