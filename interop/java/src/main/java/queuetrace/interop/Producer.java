package queuetrace.interop;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;

final class Producer {
  /** Whatever the propagators under test are, a command brings its context in W3C's form. */
  private static final TextMapPropagator W3C =
      TextMapPropagator.composite(W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance());

  private final DefaultKafkaProducerFactory<String, String> factory =
      new DefaultKafkaProducerFactory<>(
          Map.of(
              ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("KAFKA_BROKERS"),
              ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class,
              ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class));

  final KafkaTemplate<String, String> template = new KafkaTemplate<>(factory);

  List<String> produce(Command command) throws Exception {
    var parent = W3C.extract(Context.root(), command.context(), new MapGetter());
    // The app's own span around what it sends.
    var order =
        GlobalOpenTelemetry.getTracer("interop")
            .spanBuilder("order")
            .setParent(parent)
            .setAttribute(AttributeKey.stringArrayKey("app.messages"), command.messages())
            .startSpan();
    try (var scope = parent.with(order).makeCurrent()) {
      var sends = command.messages().stream().map(message -> template.send(command.to(), message)).toList();
      for (var send : sends) send.get();
    } finally {
      order.end();
    }
    return command.messages();
  }

  /** Not `close`, which an application context would call at its own end. */
  void stop() {
    factory.destroy();
  }

  private static final class MapGetter implements TextMapGetter<Map<String, String>> {
    @Override
    public Iterable<String> keys(Map<String, String> carrier) {
      return carrier.keySet();
    }

    @Override
    public String get(Map<String, String> carrier, String key) {
      return carrier.get(key);
    }
  }
}
