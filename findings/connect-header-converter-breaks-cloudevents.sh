#!/bin/sh
# SimpleHeaderConverter of Kafka Connect 4.4.0, the default of a worker, reads headers as values and writes them anew: a binary CloudEvent
# that passes a connector is no CloudEvent any more, as `ce_specversion` 1.0 becomes 1 (refused by cloudevents-kafka 4.0.1 for Java).
#
# A guess would be that headers are carried as bytes. Ids lose their zeros (0012345 becomes 12345, 1E3 becomes 1000), an amount 29,90 becomes
# 29, and a day becomes a midnight marked Z in a worker whose own zone is not UTC.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId>
  <artifactId>headers</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-api</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-kafka</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib > mvn.log 2>&1 || { cat mvn.log; exit 1; }
cat > Headers.java <<'JAVA'
import static java.nio.charset.StandardCharsets.UTF_8;

import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TimeZone;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

public class Headers {
    static boolean changed;

    static byte[] passed(String name, String value) {
        SimpleHeaderConverter converter = new SimpleHeaderConverter();
        SchemaAndValue inside = converter.toConnectHeader("orders", name, value.getBytes(UTF_8));
        return converter.fromConnectHeader("orders", name, inside.schema(), inside.value());
    }

    static void see(String zone, String value, String expected) {
        TimeZone.setDefault(TimeZone.getTimeZone(zone));
        String found = new String(passed("any", value), UTF_8);
        System.out.printf("%-12s in %-3s becomes %s%n", value, zone, found);
        changed |= !found.equals(expected);
    }

    static void read(String how, Map<String, byte[]> headers, String expected) {
        RecordHeaders record = new RecordHeaders();
        headers.forEach(record::add);
        String found;
        try {
            found = KafkaMessageFactory.createReader(record, "{}".getBytes(UTF_8)).toEvent().getId();
        } catch (CloudEventRWException refusal) {
            found = refusal.getMessage();
        }
        System.out.printf("the event %s: %s%n", how, found);
        changed |= !found.equals(expected);
    }

    public static void main(String[] arguments) {
        see("UTC", "1.0", "1");
        see("UTC", "0012345", "12345");
        see("UTC", "1E3", "1000");
        see("UTC", "29,90", "29");
        see("UTC", "29.90", "29.9");
        see("UTC", "c-0213", "c-0213");
        see("UTC", "2026-03-01", "2026-03-01");
        see("EST", "2026-03-01", "2026-03-01T00:00:00.000Z");
        Map<String, byte[]> sent = new LinkedHashMap<>();
        for (String header : new String[] {"ce_specversion=1.0", "ce_id=0012345", "ce_type=purchase.completed", "ce_source=/shop"})
            sent.put(header.split("=")[0], header.split("=")[1].getBytes(UTF_8));
        read("as sent", sent, "0012345");
        sent.replaceAll((name, value) -> passed(name, new String(value, UTF_8)));
        read("through a worker", sent, "Invalid specversion: 1");
        if (changed) System.out.println("the behaviour has changed");
        System.exit(changed ? 1 : 0);
    }
}
JAVA
echo "Kafka Connect 4.4.0, cloudevents-kafka 4.0.1"
java -cp 'lib/*' Headers.java 2> java.log || { cat java.log; exit 1; }
# Seen on 2026-11-29:
#   Kafka Connect 4.4.0, cloudevents-kafka 4.0.1
#   1.0          in UTC becomes 1
#   0012345      in UTC becomes 12345
#   1E3          in UTC becomes 1000
#   29,90        in UTC becomes 29
#   29.90        in UTC becomes 29.9
#   c-0213       in UTC becomes c-0213
#   2026-03-01   in UTC becomes 2026-03-01
#   2026-03-01   in EST becomes 2026-03-01T00:00:00.000Z
#   the event as sent: 0012345
#   the event through a worker: Invalid specversion: 1
