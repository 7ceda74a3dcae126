import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Reads Kafka records, one JSON object a line, with the CloudEvents SDK's deserializer; writes the events. */
public class Read {
    public static void main(String[] arguments) throws Exception {
        var json = new ObjectMapper();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var deserializer = new CloudEventDeserializer();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode one = json.readTree(line);
            var headers = new RecordHeaders();
            for (var names = one.get("headers").fieldNames(); names.hasNext(); ) {
                String name = names.next();
                headers.add(name, one.get("headers").get(name).binaryValue());
            }
            var event = deserializer.deserialize(one.get("topic").asText(), headers, one.get("value").binaryValue());
            var found = json.createObjectNode();
            found.put("id", event.getId()).put("source", event.getSource().toString()).put("type", event.getType());
            found.put("subject", event.getSubject()).put("time", event.getTime().toString());
            found.put("cause", (String) event.getExtension("causationid")).put("content", event.getDataContentType());
            found.set("data", json.readTree(event.getData().toBytes()));
            out.println(json.writeValueAsString(found));
        }
    }
}
