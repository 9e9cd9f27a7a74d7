package queuetrace.interop;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Handles deliveries of messages, of which the first ones may be told to fail. */
final class Handler {
  final List<Map<String, Object>> seen = new CopyOnWriteArrayList<>();
  final CountDownLatch done;
  private final int failures;

  Handler(Command command) {
    failures = command.failures();
    done = new CountDownLatch(command.deliveries());
  }

  /** The app's own span around the work on a message. */
  void handle(ConsumerRecord<String, String> record) {
    var message = record.value();
    var attempt = 1 + (int) seen.stream().filter(one -> one.get("message").equals(message)).count();
    var span =
        GlobalOpenTelemetry.getTracer("interop")
            .spanBuilder("handle")
            .setAttribute("app.message", message)
            .setAttribute("app.attempt", attempt)
            .setAttribute("app.tenant", String.valueOf(Baggage.current().getEntryValue("tenant")))
            .startSpan();
    span.end();
    Map<String, String> headers = new LinkedHashMap<>();
    record.headers().forEach(header -> headers.put(header.key(), new String(header.value())));
    seen.add(Map.of("message", message, "attempt", attempt, "headers", headers));
    done.countDown();
    if (attempt <= failures) throw new IllegalStateException("the order is refused");
  }
}
