package queuetrace.interop;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/** A line of standard input. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Command(
    int id,
    @JsonProperty("do") String verb,
    String to,
    String from,
    List<String> messages,
    Map<String, String> context,
    int deliveries,
    int failures,
    boolean batch,
    String deadLetter) {}
