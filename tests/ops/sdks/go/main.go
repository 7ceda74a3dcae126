// Reads Kafka records, one JSON object a line, with the CloudEvents SDK's binding for sarama; writes the events.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

type record struct {
	Topic   string
	Key     []byte
	Headers map[string][]byte
	Value   []byte
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var one record
		must(json.Unmarshal(lines.Bytes(), &one))
		message := &sarama.ConsumerMessage{Topic: one.Topic, Key: one.Key, Value: one.Value}
		for name, value := range one.Headers {
			message.Headers = append(message.Headers, &sarama.RecordHeader{Key: []byte(name), Value: value})
		}
		event, err := binding.ToEvent(context.Background(), kafka_sarama.NewMessageFromConsumerMessage(message))
		must(err)
		must(event.Validate())
		must(out.Encode(map[string]any{
			"id": event.ID(), "source": event.Source(), "type": event.Type(), "subject": event.Subject(),
			"time": event.Time().Format(time.RFC3339Nano), "cause": event.Extensions()["causationid"],
			"content": event.DataContentType(), "data": json.RawMessage(event.Data()),
		}))
	}
	must(lines.Err())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
