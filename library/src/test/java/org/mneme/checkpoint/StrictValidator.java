package org.mneme.checkpoint;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Judges whether bytes are a safetensors file, from the format's description and without any code
/// of the reader: the oracle of the mutation test. Slow, recursive, meant for small files.
final class StrictValidator {
  /// What a valid file says.
  record Contents(Map<String, Tensor> tensors, Map<String, String> metadata) {}

  /// One tensor; `begin` counts from the start of the file.
  record Tensor(String dtype, List<Long> shape, long begin, long end) {}

  private static final Map<String, Integer> SIZES =
      Map.ofEntries(
          Map.entry("F64", 64),
          Map.entry("F32", 32),
          Map.entry("F16", 16),
          Map.entry("BF16", 16),
          Map.entry("I64", 64),
          Map.entry("I32", 32),
          Map.entry("I16", 16),
          Map.entry("I8", 8),
          Map.entry("U64", 64),
          Map.entry("U32", 32),
          Map.entry("U16", 16),
          Map.entry("U8", 8),
          Map.entry("BOOL", 8),
          Map.entry("F8_E4M3", 8),
          Map.entry("F8_E5M2", 8));

  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");
  private static final Pattern NATURAL = Pattern.compile("\\d+");
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;

    Invalid() {
      super("", null, false, false);
    }
  }

  private final String text;
  private int at;

  private StrictValidator(String text) {
    this.text = text;
  }

  /// The contents of `file`, or nothing where it is no valid file.
  static Optional<Contents> judge(byte[] file) {
    try {
      return Optional.of(contents(file));
    } catch (Invalid e) {
      return Optional.empty();
    }
  }

  private static Contents contents(byte[] file) throws Invalid {
    require(file.length >= 10);
    BigInteger length = BigInteger.ZERO;
    for (int i = 7; i >= 0; i--) {
      length = length.shiftLeft(8).add(BigInteger.valueOf(file[i] & 0xFF));
    }
    require(length.compareTo(BigInteger.valueOf(file.length - 8)) <= 0);
    require(length.compareTo(BigInteger.valueOf(100_000_000)) <= 0);
    byte[] header = Arrays.copyOfRange(file, 8, 8 + length.intValue());
    String text = new String(header, StandardCharsets.UTF_8);
    // a malformed sequence was replaced, and so comes back as other bytes
    require(Arrays.equals(header, text.getBytes(StandardCharsets.UTF_8)));
    require(text.startsWith("{"));
    StrictValidator json = new StrictValidator(text);
    Map<?, ?> root = (Map<?, ?>) json.value();
    json.space();
    require(json.at == text.length());
    return interpreted(root, 8 + header.length, file.length);
  }

  private static Contents interpreted(Map<?, ?> root, int dataStart, int fileLength)
      throws Invalid {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (var entry : root.entrySet()) {
      require(entry.getValue() instanceof Map);
      Map<?, ?> object = (Map<?, ?>) entry.getValue();
      if (entry.getKey().equals("__metadata__")) {
        for (var string : object.entrySet()) {
          require(string.getValue() instanceof String);
          metadata.put((String) string.getKey(), (String) string.getValue());
        }
      } else {
        tensors.put((String) entry.getKey(), tensor(object, dataStart));
      }
    }
    requireEachByteOnce(tensors.values(), dataStart, fileLength);
    return new Contents(tensors, metadata);
  }

  private static Tensor tensor(Map<?, ?> object, int dataStart) throws Invalid {
    require(object.keySet().equals(Set.of("dtype", "shape", "data_offsets")));
    String dtype = object.get("dtype") instanceof String string ? string : "";
    require(SIZES.containsKey(dtype));
    List<Long> shape = naturals(object.get("shape"));
    List<Long> offsets = naturals(object.get("data_offsets"));
    require(offsets.size() == 2 && offsets.get(0) <= offsets.get(1));
    BigInteger needed = BigInteger.valueOf(SIZES.getOrDefault(dtype, 0) / 8);
    BigInteger withoutZeros = needed;
    for (long size : shape) {
      needed = needed.multiply(BigInteger.valueOf(size));
      withoutZeros = withoutZeros.multiply(BigInteger.valueOf(Math.max(1, size)));
    }
    require(withoutZeros.compareTo(MAX) <= 0);
    require(needed.equals(BigInteger.valueOf(offsets.get(1) - offsets.get(0))));
    require(offsets.get(1) <= Integer.MAX_VALUE - dataStart);
    return new Tensor(dtype, shape, dataStart + offsets.get(0), dataStart + offsets.get(1));
  }

  private static void requireEachByteOnce(Collection<Tensor> tensors, int dataStart, int fileLength)
      throws Invalid {
    boolean[] covered = new boolean[fileLength];
    Arrays.fill(covered, 0, dataStart, true);
    for (Tensor tensor : tensors) {
      require(tensor.end() <= fileLength);
      for (int i = (int) tensor.begin(); i < tensor.end(); i++) {
        require(!covered[i]);
        covered[i] = true;
      }
      // an empty tensor lies where another begins or ends, not inside it
      for (Tensor other : tensors) {
        boolean inside = other.begin() < tensor.begin() && tensor.begin() < other.end();
        require(tensor.begin() != tensor.end() || !inside);
      }
    }
    for (boolean once : covered) {
      require(once);
    }
  }

  private static List<Long> naturals(@Nullable Object value) throws Invalid {
    require(value instanceof List);
    List<Long> numbers = new ArrayList<>();
    for (Object element : value instanceof List<?> list ? list : List.of()) {
      require(element instanceof Number);
      String digits = String.valueOf(element);
      require(NATURAL.matcher(digits).matches() && new BigInteger(digits).compareTo(MAX) <= 0);
      numbers.add(Long.parseLong(digits));
    }
    return numbers;
  }

  /// A JSON number as it is spelt.
  private record Number(String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  private Object value() throws Invalid {
    space();
    char c = peek();
    if (c == '{') {
      return object();
    }
    if (c == '[') {
      return array();
    }
    if (c == '"') {
      return string();
    }
    for (String word : List.of("true", "false", "null")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.length();
      }
    }
    int begin = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(begin, at);
    require(NUMBER.matcher(number).matches());
    return new Number(number);
  }

  private Map<String, Object> object() throws Invalid {
    Map<String, Object> object = new LinkedHashMap<>();
    at++;
    space();
    if (peek() == '}') {
      at++;
      return object;
    }
    while (true) {
      space();
      require(peek() == '"');
      String key = string();
      space();
      require(peek() == ':');
      at++;
      require(object.put(key, value()) == null);
      space();
      char c = peek();
      at++;
      if (c == '}') {
        return object;
      }
      require(c == ',');
    }
  }

  private List<Object> array() throws Invalid {
    List<Object> array = new ArrayList<>();
    at++;
    space();
    if (peek() == ']') {
      at++;
      return array;
    }
    while (true) {
      array.add(value());
      space();
      char c = peek();
      at++;
      if (c == ']') {
        return array;
      }
      require(c == ',');
    }
  }

  private String string() throws Invalid {
    StringBuilder string = new StringBuilder();
    at++;
    while (peek() != '"') {
      char c = peek();
      require(c >= ' ');
      at++;
      string.append(c == '\\' ? escape() : c);
    }
    at++;
    String result = string.toString();
    // half a surrogate pair does not survive the way through UTF-8
    require(
        new String(result.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).equals(result));
    return result;
  }

  private char escape() throws Invalid {
    char c = peek();
    at++;
    int simple = "\"\\/bfnrt".indexOf(c);
    if (simple >= 0) {
      return "\"\\/\b\f\n\r\t".charAt(simple);
    }
    require(c == 'u' && at + 4 <= text.length());
    String digits = text.substring(at, at + 4);
    require(digits.matches("[0-9a-fA-F]{4}"));
    at += 4;
    return (char) Integer.parseInt(digits, 16);
  }

  private char peek() throws Invalid {
    require(at < text.length());
    return text.charAt(at);
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private static void require(boolean condition) throws Invalid {
    if (!condition) {
      throw new Invalid();
    }
  }
}
