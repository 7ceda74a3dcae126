#!/bin/sh
# ExtractNewRecordState of Debezium 3.7.0 by default (delete.tombstone.handling.mode=tombstone) turns the delete of a row into a null with
# the row's schema, and drops the tombstone behind it. JsonConverter of Kafka Connect 4.4.0 writes that null as the text `null`, or as
# {"schema":…,"payload":null}: a value, so that compaction of the topic never removes the row. Only `delete-to-tombstone`, and
# `rewrite-with-tombstone` beside the row, leave a record without a value.
#
# A guess would be that the mode `tombstone` leaves tombstones.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId>
  <artifactId>deletes</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-transforms</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>io.debezium</groupId><artifactId>debezium-connect-plugins</artifactId><version>3.7.0.Final</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib > mvn.log 2>&1 || { cat mvn.log; exit 1; }
cat > Deletes.java <<'JAVA'
import io.debezium.data.Envelope;
import io.debezium.transforms.ExtractNewRecordState;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

public class Deletes {
    static boolean changed;
    static final Schema ROW = SchemaBuilder.struct().name("Value").optional().field("id", Schema.INT64_SCHEMA).build();
    static final Schema SOURCE = SchemaBuilder.struct().name("source").field("ts_ms", Schema.INT64_SCHEMA).build();

    static String written(SourceRecord record) {
        if (record == null) return "dropped";
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", false), false);
        byte[] bytes = converter.fromConnectData("t", record.valueSchema(), record.value());
        return bytes == null ? "no value" : new String(bytes);
    }

    static void see(String mode, String delete, String tombstone) {
        Map<String, String> settings = new HashMap<>();
        if (!mode.equals("(default)")) settings.put("delete.tombstone.handling.mode", mode);
        ExtractNewRecordState<SourceRecord> flat = new ExtractNewRecordState<>();
        flat.configure(settings);
        Envelope envelope = Envelope.defineSchema().withName("shop.Envelope").withRecord(ROW).withSource(SOURCE).build();
        Struct change = envelope.delete(new Struct(ROW).put("id", 7L), new Struct(SOURCE).put("ts_ms", 1L), Instant.ofEpochMilli(1));
        String first = written(flat.apply(new SourceRecord(Map.of(), Map.of(), "t", 0, null, "7", envelope.schema(), change)));
        String second = written(flat.apply(new SourceRecord(Map.of(), Map.of(), "t", 0, null, "7", null, null)));
        System.out.printf("%-24s a delete is %-30s its tombstone is %s%n", mode, first, second);
        changed |= !first.equals(delete) || !second.equals(tombstone);
    }

    public static void main(String[] arguments) {
        see("(default)", "null", "dropped");
        see("tombstone", "null", "dropped");
        see("delete-to-tombstone", "no value", "dropped");
        see("rewrite", "{\"id\":7,\"__deleted\":\"true\"}", "dropped");
        see("rewrite-with-tombstone", "{\"id\":7,\"__deleted\":\"true\"}", "no value");
        if (changed) System.out.println("the behaviour has changed");
        System.exit(changed ? 1 : 0);
    }
}
JAVA
echo "Debezium 3.7.0, Kafka Connect 4.4.0"
java -cp 'lib/*' Deletes.java 2> java.log || { cat java.log; exit 1; }
# Seen on 2026-11-29:
#   Debezium 3.7.0, Kafka Connect 4.4.0
#   (default)                a delete is null                           its tombstone is dropped
#   tombstone                a delete is null                           its tombstone is dropped
#   delete-to-tombstone      a delete is no value                       its tombstone is dropped
#   rewrite                  a delete is {"id":7,"__deleted":"true"}    its tombstone is dropped
#   rewrite-with-tombstone   a delete is {"id":7,"__deleted":"true"}    its tombstone is no value
