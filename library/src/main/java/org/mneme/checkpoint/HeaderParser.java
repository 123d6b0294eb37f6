package org.mneme.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.SafetensorsFile.Entry;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/// Reads the JSON of a safetensors header token by token and takes nothing that the format does not
/// allow.
final class HeaderParser {
  static final String METADATA = "__metadata__";

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES).build();

  private final String file;

  /// A parser whose errors speak of `file`.
  HeaderParser(String file) {
    this.file = file;
  }

  /// The header in `json`, whose data begins at byte `dataStart` of the file.
  SafetensorsHeader parse(String json, long dataStart) {
    if (!json.startsWith("{")) {
      throw damaged("has a header that does not begin with {");
    }
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      Map<String, Entry> entries = new LinkedHashMap<>();
      Map<String, String> metadata = null;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = wellFormed(parser.currentName());
        if (name.equals(METADATA)) {
          if (metadata != null) {
            throw damaged("has two __metadata__ blocks");
          }
          metadata = metadata(parser);
        } else if (entries.put(name, entry(parser, name)) != null) {
          throw WeightsError.tensor(file, name, "occurs twice", WeightsError.FETCH_AGAIN);
        }
      }
      if (parser.nextToken() != null) {
        throw damaged("has something after the end of its header's JSON");
      }
      return new SafetensorsHeader(
          Collections.unmodifiableMap(entries),
          metadata == null ? Map.of() : Collections.unmodifiableMap(metadata),
          dataStart);
    } catch (JacksonException e) {
      throw WeightsError.file(
          file,
          "has a header that is not JSON (" + e.getOriginalMessage() + ")",
          WeightsError.FETCH_AGAIN,
          e);
    }
  }

  private Map<String, String> metadata(JsonParser parser) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw damaged("has a __metadata__ that is not an object");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = wellFormed(parser.currentName());
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw damaged("has a __metadata__ value that is not a string: " + WeightsError.quote(key));
      }
      if (metadata.put(key, wellFormed(parser.getString())) != null) {
        throw damaged("has the __metadata__ key " + WeightsError.quote(key) + " twice");
      }
    }
    return metadata;
  }

  private Entry entry(JsonParser parser, String name) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw damaged(name, "is not described by an object");
    }
    Dtype dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      switch (key) {
        case "dtype" -> dtype = once(dtype, dtype(parser, name), name, key);
        case "shape" -> shape = once(shape, numbers(parser, name, key), name, key);
        case "data_offsets" -> offsets = once(offsets, numbers(parser, name, key), name, key);
        default -> throw damaged(name, "has the unknown key " + WeightsError.quote(key));
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw damaged(name, "lacks its dtype, shape or data_offsets");
    }
    return checked(name, dtype, shape, offsets);
  }

  private Entry checked(String name, Dtype dtype, List<Long> shape, List<Long> offsets) {
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw damaged(name, "has data_offsets " + offsets + ", not [begin, end]");
    }
    long expected = dtype.bytes();
    boolean empty = false;
    for (long size : shape) {
      empty |= size == 0;
      expected = times(expected, Math.max(1, size), name, shape);
    }
    expected = empty ? 0 : expected;
    long actual = offsets.get(1) - offsets.get(0);
    if (actual != expected) {
      throw damaged(
          name,
          "has %d bytes of data where dtype %s and shape %s need %d"
              .formatted(actual, dtype, shape, expected));
    }
    return new Entry(name, dtype, shape, offsets.get(0), offsets.get(1));
  }

  private long times(long left, long right, String name, List<Long> shape) {
    try {
      return Math.multiplyExact(left, right);
    } catch (ArithmeticException e) {
      throw damaged(name, "has shape " + shape + ", more bytes than can be counted");
    }
  }

  private Dtype dtype(JsonParser parser, String name) {
    if (parser.nextToken() != JsonToken.VALUE_STRING) {
      throw damaged(name, "has a dtype that is not a string");
    }
    String dtype = parser.getString();
    return Dtype.named(dtype)
        .orElseThrow(() ->
            WeightsError.tensor(
                file,
                name,
                "has the unknown dtype " + WeightsError.quote(dtype),
                "save it as one of " + List.of(Dtype.values())));
  }

  /// The array of integers, none of them negative, that comes next.
  private List<Long> numbers(JsonParser parser, String name, String key) {
    if (parser.nextToken() != JsonToken.START_ARRAY) {
      throw damaged(name, "has a " + key + " that is not an array");
    }
    List<Long> numbers = new ArrayList<>();
    for (var token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
      // a minus is refused even before a zero, as other readers do
      boolean natural = token == JsonToken.VALUE_NUMBER_INT && !parser.getString().startsWith("-");
      try {
        numbers.add(Long.parseLong(natural ? parser.getString() : "none"));
      } catch (NumberFormatException e) {
        throw damaged(
            name, "has a " + key + " with an element that is no integer from 0 to 2^63 - 1");
      }
    }
    return List.copyOf(numbers);
  }

  private <T> T once(@Nullable T before, T value, String name, String key) {
    if (before != null) {
      throw damaged(name, "has its " + key + " twice");
    }
    return value;
  }

  /// `text`, unless an escape smuggled half a surrogate pair into it.
  private String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (Character.isSurrogate(c) && !pair) {
        throw damaged("has a header with half a surrogate pair");
      }
      i += pair ? 1 : 0;
    }
    return text;
  }

  private InvalidInputException damaged(String found) {
    return WeightsError.file(file, found, WeightsError.FETCH_AGAIN);
  }

  private InvalidInputException damaged(String name, String found) {
    return WeightsError.tensor(file, name, found, WeightsError.FETCH_AGAIN);
  }
}
