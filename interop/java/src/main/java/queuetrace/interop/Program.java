package queuetrace.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Kafka with Spring for Apache Kafka: KafkaTemplate, @KafkaListener. Commands on standard input, one JSON line each, and
 * a line with the answer to each on standard output:
 *
 * <pre>
 * {"id": 1, "do": "produce", "to": "orders", "messages": ["a"], "context": {"traceparent": "00-…"}}
 * {"id": 2, "do": "consume", "from": "orders", "deliveries": 1, "batch": false, "failures": 0}
 * </pre>
 */
public final class Program {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    var running = Executors.newCachedThreadPool();
    var producer = new Producer();
    try (var lines = new Scanner(System.in, "UTF-8")) {
      while (lines.hasNextLine()) {
        var command = JSON.readValue(lines.nextLine(), Command.class);
        running.submit(() -> answer(command, producer));
      }
      running.shutdown();
      running.awaitTermination(1, TimeUnit.MINUTES);
    }
    producer.stop();
  }

  private static void answer(Command command, Producer producer) {
    Map<String, Object> answer = new LinkedHashMap<>(Map.of("id", command.id()));
    try {
      if (command.verb().equals("produce")) answer.put("sent", producer.produce(command));
      else answer.put("seen", Consumer.consume(command, producer));
    } catch (Exception error) {
      answer.put("error", error.toString());
    }
    try {
      var line = JSON.writeValueAsString(answer);
      synchronized (JSON) {
        System.out.println(line);
      }
    } catch (Exception error) {
      error.printStackTrace();
    }
  }
}
