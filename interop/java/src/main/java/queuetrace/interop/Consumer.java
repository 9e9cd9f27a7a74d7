package queuetrace.interop;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.MapPropertySource;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.retrytopic.SameIntervalTopicReuseStrategy;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;

/** An application context with one listener, for as long as it takes. */
final class Consumer {
  private static final long BACK_OFF_MS = 10;

  static List<Map<String, Object>> consume(Command command, Producer producer) throws InterruptedException {
    var handler = new Handler(command);
    try (var context = new AnnotationConfigApplicationContext()) {
      Map<String, Object> properties = Map.of("topic", command.from(), "attempts", attemptsOf(command));
      context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("command", properties));
      context.registerBean(Command.class, () -> command);
      context.registerBean("kafkaTemplate", KafkaTemplate.class, () -> producer.template);
      context.registerBean(Handler.class, () -> handler);
      context.register(Listeners.class, listenerOf(command));
      context.refresh();
      handler.done.await();
    }
    return handler.seen;
  }

  private static int attemptsOf(Command command) {
    return command.deadLetter() == null ? command.failures() + 1 : command.failures();
  }

  private static Class<?> listenerOf(Command command) {
    if ("topics".equals(System.getenv("INTEROP_RETRIES"))) return RetryTopicListener.class;
    return command.batch() ? BatchListener.class : SingleListener.class;
  }

  @EnableKafka
  static class Listeners {
    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory(
        DefaultErrorHandler errorHandler) {
      var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
      factory.setConsumerFactory(
          new DefaultKafkaConsumerFactory<>(
              Map.of(
                  ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("KAFKA_BROKERS"),
                  ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
                  ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class,
                  ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class)));
      factory.setCommonErrorHandler(errorHandler);
      return factory;
    }

    /** What was refused too often goes to the topic with `-dlt` behind its name. */
    @Bean
    DefaultErrorHandler errorHandler(Command command, KafkaTemplate<String, String> template) {
      var backOff = new FixedBackOff(BACK_OFF_MS, attemptsOf(command) - 1);
      return new DefaultErrorHandler(new DeadLetterPublishingRecoverer(template), backOff);
    }
  }

  static class SingleListener {
    private final Handler handler;

    SingleListener(Handler handler) {
      this.handler = handler;
    }

    @KafkaListener(topics = "${topic}", groupId = "${topic}.spring")
    void onMessage(ConsumerRecord<String, String> record) {
      handler.handle(record);
    }
  }

  static class BatchListener {
    private final Handler handler;

    BatchListener(Handler handler) {
      this.handler = handler;
    }

    @KafkaListener(topics = "${topic}", groupId = "${topic}.spring", batch = "true")
    void onMessages(List<ConsumerRecord<String, String>> records) {
      records.forEach(handler::handle);
    }
  }

  /** What fails waits in a topic of its own, `-retry`, before the next attempt. */
  @EnableKafkaRetryTopic
  static class RetryTopicListener {
    private final Handler handler;

    RetryTopicListener(Handler handler) {
      this.handler = handler;
    }

    @Bean
    static ThreadPoolTaskScheduler taskScheduler() {
      return new ThreadPoolTaskScheduler();
    }

    @RetryableTopic(
        attempts = "${attempts}",
        backOff = @BackOff(BACK_OFF_MS),
        sameIntervalTopicReuseStrategy = SameIntervalTopicReuseStrategy.SINGLE_TOPIC,
        autoCreateTopics = "false",
        autoStartDltHandler = "false")
    @KafkaListener(topics = "${topic}", groupId = "${topic}.spring")
    void onMessage(ConsumerRecord<String, String> record) {
      handler.handle(record);
    }
  }
}
