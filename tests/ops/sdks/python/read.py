"""Reads Kafka records, one JSON object a line, with the CloudEvents SDK's Kafka binding; writes the events."""

import json
import sys
from base64 import b64decode


def main() -> None:
    from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
    from cloudevents.core.formats.json import JSONFormat

    for line in sys.stdin:
        one = json.loads(line)
        headers = {name: b64decode(value) for name, value in one["headers"].items()}
        event = from_kafka(KafkaMessage(headers, b64decode(one["key"]), b64decode(one["value"])), JSONFormat())
        found = {
            "id": event.get_id(),
            "source": event.get_source(),
            "type": event.get_type(),
            "subject": event.get_subject(),
            "time": event.get_time().isoformat(),
            "cause": event.get_extension("causationid"),
            "content": event.get_datacontenttype(),
            "data": event.get_data(),
        }
        print(json.dumps(found))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
