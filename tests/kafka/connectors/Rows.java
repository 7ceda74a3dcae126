import io.debezium.data.Envelope;
import io.debezium.data.SpecialValueDecimal;
import io.debezium.data.VariableScaleDecimal;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.NanoTimestamp;
import io.debezium.time.ZonedTimestamp;
import io.debezium.transforms.ExtractNewRecordState;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

/** Writes one row's changes as Debezium and Connect do, in every form: name, key and value in base64, a line each. */
public class Rows {
    static final Schema ANY = VariableScaleDecimal.builder().optional().build();
    static final Schema ROW = SchemaBuilder.struct().name("shop.orders.Value").optional()
            .field("id", Schema.INT64_SCHEMA)
            .field("price", Decimal.builder(2).build())
            .field("large", Decimal.builder(-3).build())
            .field("small", Decimal.builder(8).build())
            .field("any", ANY)
            .field("day", io.debezium.time.Date.builder().build())
            .field("ms", io.debezium.time.Timestamp.builder().build())
            .field("us", MicroTimestamp.builder().build())
            .field("ns", NanoTimestamp.builder().build())
            .field("zoned", ZonedTimestamp.builder().build())
            .field("connect", org.apache.kafka.connect.data.Timestamp.builder().build())
            .field("plan", SchemaBuilder.string().optional().defaultValue("free").build())
            .build();
    static final Schema SOURCE = SchemaBuilder.struct().name("source").field("ts_ms", Schema.INT64_SCHEMA).build();
    static final Schema KEY = SchemaBuilder.struct().name("shop.orders.Key").field("id", Schema.INT64_SCHEMA).build();

    static JsonConverter converter(boolean schemas, boolean isKey, String format) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", schemas, "decimal.format", format), isKey);
        return converter;
    }

    static String text(byte[] bytes) {
        return bytes == null ? "-" : Base64.getEncoder().encodeToString(bytes);
    }

    public static void main(String[] arguments) {
        Envelope envelope = Envelope.defineSchema().withName("shop.orders.Envelope").withRecord(ROW).withSource(SOURCE).build();
        Struct key = new Struct(KEY).put("id", 7L), source = new Struct(SOURCE).put("ts_ms", 1772352000000L);
        Struct row = new Struct(ROW).put("id", 7L).put("price", new BigDecimal("29.90"))
                .put("large", new BigDecimal("1E+3")).put("small", new BigDecimal("1.00E-8").setScale(8))
                .put("any", VariableScaleDecimal.fromLogical(ANY, new SpecialValueDecimal(new BigDecimal("29.90"))))
                .put("day", 20458).put("ms", 1767571200123L).put("us", 1767571200123456L)
                .put("ns", 1767571200123456789L).put("zoned", "2026-01-05T10:00:00Z")
                .put("connect", new java.util.Date(1767571200000L)).put("plan", null);
        Instant now = Instant.ofEpochMilli(1772352000005L);
        Map<String, Struct> changes = new LinkedHashMap<>();
        changes.put("c", envelope.create(row, source, now));
        changes.put("r", envelope.read(row, source, now));
        changes.put("u", envelope.update(row, row, source, now));
        changes.put("d", envelope.delete(row, source, now));
        changes.put("t", envelope.truncate(source, now));
        changes.put("tombstone", null);
        for (String format : new String[] {"BASE64", "NUMERIC"})
            for (boolean schemas : new boolean[] {true, false}) {
                JsonConverter values = converter(schemas, false, format), keys = converter(schemas, true, format);
                String how = (schemas ? "schemas " : "bare ") + format;
                changes.forEach((name, change) -> {
                    Schema schema = change == null ? null : envelope.schema();
                    System.out.println(String.join("\t", how + " raw " + name, text(keys.fromConnectData("t", KEY, key)),
                            text(values.fromConnectData("t", schema, change))));
                });
                for (String mode : new String[] {"tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone"}) {
                    ExtractNewRecordState<SourceRecord> flat = new ExtractNewRecordState<>();
                    flat.configure(Map.of("add.fields", "op,source.ts_ms", "delete.tombstone.handling.mode", mode));
                    changes.forEach((name, change) -> {
                        Schema schema = change == null ? null : envelope.schema();
                        SourceRecord out = flat.apply(new SourceRecord(Map.of(), Map.of(), "t", 0, KEY, key, schema, change));
                        if (out != null)
                            System.out.println(String.join("\t", how + " " + mode + " " + name,
                                    text(keys.fromConnectData("t", out.keySchema(), out.key())),
                                    text(values.fromConnectData("t", out.valueSchema(), out.value()))));
                    });
                }
            }
    }
}
