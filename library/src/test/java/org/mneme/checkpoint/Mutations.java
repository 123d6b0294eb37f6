package org.mneme.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Ways of damaging a safetensors file. The same seed damages alike.
final class Mutations {
  /// What is damaged.
  enum Kind {
    HEADER_BYTES,
    ANY_BYTES,
    LENGTH_FIELD,
    TRUNCATION,
    EXTENSION,
    HEADER_TEXT,
    TENSOR_ENTRY,
    ENTRIES
  }

  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> FRAGMENTS =
      List.of(
          "",
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "-",
          "0",
          "1e3",
          "1.0",
          "null",
          "true",
          "NaN",
          "\\",
          "\\u",
          "\\ud800",
          "\\u0000",
          "\0",
          "\n",
          " ",
          "/*x*/",
          "'",
          "99999999999999999999",
          "é",
          "\uFEFF",
          "\"dtype\":\"U8\",",
          "\"__metadata__\":{},",
          "[[[[[[[[",
          "{\"a\":");

  private static final long[] LENGTHS = {
    0,
    1,
    2,
    8,
    255,
    65536,
    100_000_000,
    100_000_001,
    Integer.MAX_VALUE,
    1L << 32,
    Long.MAX_VALUE,
    -1,
    Long.MIN_VALUE
  };

  private static final long[] NUMBERS = {
    -9_223_372_036_854_775_808L,
    -1,
    0,
    1,
    2,
    3,
    4,
    8,
    1 << 16,
    1L << 31,
    1L << 32,
    1L << 62,
    Long.MAX_VALUE
  };

  private final Random random;

  Mutations(long seed) {
    random = new Random(seed);
  }

  /// A damaged copy of `file`; now and then the damage is none.
  byte[] damage(byte[] file, Kind kind) {
    int headerLength = (int) headerLength(file);
    return switch (kind) {
      case HEADER_BYTES -> flipped(file, 8, 8 + headerLength);
      case ANY_BYTES -> flipped(file, 0, file.length);
      case LENGTH_FIELD -> withLength(file, headerLength);
      case TRUNCATION -> Arrays.copyOf(file, random.nextInt(file.length));
      case EXTENSION -> Arrays.copyOf(file, file.length + 1 + random.nextInt(20));
      case HEADER_TEXT -> withHeader(file, headerLength, edited(header(file, headerLength)));
      case TENSOR_ENTRY -> {
        ObjectNode header = (ObjectNode) JSON.readTree(header(file, headerLength));
        editEntry(header);
        yield withHeader(file, headerLength, header.toString());
      }
      case ENTRIES -> {
        ObjectNode header = (ObjectNode) JSON.readTree(header(file, headerLength));
        yield withHeader(file, headerLength, editEntries(header));
      }
    };
  }

  private byte[] flipped(byte[] file, int from, int to) {
    byte[] damaged = file.clone();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int place = random.nextInt(from, to);
      damaged[place] =
          random.nextBoolean()
              ? (byte) (damaged[place] ^ 1 << random.nextInt(8))
              : (byte) random.nextInt(256);
    }
    return damaged;
  }

  private byte[] withLength(byte[] file, int headerLength) {
    long length =
        switch (random.nextInt(3)) {
          case 0 -> headerLength + random.nextInt(-20, 21);
          case 1 -> LENGTHS[random.nextInt(LENGTHS.length)];
          default -> headerLength ^ 1L << random.nextInt(64);
        };
    byte[] damaged = file.clone();
    for (int i = 0; i < 8; i++) {
      damaged[i] = (byte) (length >>> 8 * i);
    }
    return damaged;
  }

  private static String header(byte[] file, int headerLength) {
    return new String(file, 8, headerLength, StandardCharsets.UTF_8);
  }

  private static byte[] withHeader(byte[] file, int headerLength, String header) {
    return RawSafetensors.file(header, Arrays.copyOfRange(file, 8 + headerLength, file.length));
  }

  /// Cuts out, doubles, moves or puts in a piece of the text.
  private String edited(String header) {
    int from = random.nextInt(header.length());
    int to = Math.min(header.length(), from + random.nextInt(40));
    String piece = header.substring(from, to);
    return switch (random.nextInt(4)) {
      case 0 -> header.substring(0, from) + header.substring(to);
      case 1 -> header.substring(0, to) + piece + header.substring(to);
      case 2 -> {
        int elsewhere = random.nextInt(header.length());
        yield header.substring(0, elsewhere) + piece + header.substring(elsewhere);
      }
      default ->
          header.substring(0, from)
              + FRAGMENTS.get(random.nextInt(FRAGMENTS.size()))
              + header.substring(from);
    };
  }

  /// Changes the description of one tensor, leaving the JSON sound.
  private void editEntry(ObjectNode header) {
    List<String> names = tensors(header);
    ObjectNode entry = (ObjectNode) header.get(pick(names));
    ArrayNode offsets = (ArrayNode) entry.get("data_offsets");
    ArrayNode shape = (ArrayNode) entry.get("shape");
    switch (random.nextInt(10)) {
      case 0 -> entry.put("dtype", pick(List.of(Dtype.values())).name());
      case 1 -> entry.put("dtype", pick(List.of("F31", "", "f32", "C64", "F8_E8M0", "BF16 ")));
      case 2 -> shift(offsets, random.nextInt(2));
      case 3 -> {
        shift(offsets, 0);
        shift(offsets, 1);
      }
      case 4 -> offsets.set(random.nextInt(2), number());
      case 5 -> shape.insert(random.nextInt(shape.size() + 1), number());
      case 6 -> {
        if (!shape.isEmpty()) {
          shape.set(random.nextInt(shape.size()), number());
        }
      }
      case 7 -> entry.set(pick(List.of("dtype", "shape", "data_offsets")), anything());
      case 8 -> entry.remove(pick(List.of("dtype", "shape", "data_offsets")));
      default -> entry.set(pick(List.of("extra", "Dtype", "")), anything());
    }
  }

  private void shift(ArrayNode offsets, int which) {
    offsets.set(which, offsets.get(which).longValue() + random.nextInt(-8, 9));
  }

  /// Changes the set of tensors or the metadata.
  private String editEntries(ObjectNode header) {
    List<String> names = tensors(header);
    String one = pick(names);
    String other = pick(names);
    switch (random.nextInt(8)) {
      case 0 -> header.remove(one);
      case 1 -> header.set(one, anything());
      case 2 -> {
        JsonNode offsets = header.get(one).get("data_offsets");
        ((ObjectNode) header.get(one)).set("data_offsets", header.get(other).get("data_offsets"));
        ((ObjectNode) header.get(other)).set("data_offsets", offsets);
      }
      case 3 -> header.set("copy of " + one, header.get(one).deepCopy());
      case 4 -> {
        // the same name twice, which an object cannot hold: spliced into the text
        String again = JSON.writeValueAsString(one) + ":" + header.get(one) + ",";
        return "{" + again + header.toString().substring(1);
      }
      case 5 -> header.set("__metadata__", anything());
      case 6 -> ((ObjectNode) header.get("__metadata__")).set(pick(names), anything());
      default -> {
        Collections.shuffle(names, random);
        ObjectNode shuffled = JsonNodeFactory.instance.objectNode();
        names.forEach(name -> shuffled.set(name, header.get(name)));
        return shuffled.toPrettyString();
      }
    }
    return header.toString();
  }

  private static List<String> tensors(ObjectNode header) {
    List<String> names = new ArrayList<>(header.propertyNames());
    names.remove("__metadata__");
    return names;
  }

  private JsonNode number() {
    return JsonNodeFactory.instance.numberNode(NUMBERS[random.nextInt(NUMBERS.length)]);
  }

  private JsonNode anything() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return switch (random.nextInt(9)) {
      case 0 -> json.nullNode();
      case 1 -> json.booleanNode(true);
      case 2 -> json.stringNode("F32");
      case 3 -> json.numberNode(1.5);
      case 4 -> json.arrayNode().add("0").add("8");
      case 5 -> json.arrayNode().add(json.arrayNode());
      case 6 -> json.arrayNode().add(0).add(8);
      case 7 -> json.objectNode();
      default -> number();
    };
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static long headerLength(byte[] file) {
    long value = 0;
    for (int i = 7; i >= 0; i--) {
      value = value << 8 | file[i] & 0xFF;
    }
    return value;
  }
}
