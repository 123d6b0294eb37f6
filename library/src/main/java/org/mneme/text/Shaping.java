package org.mneme.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;

/// Cuts encodings to a length and fills them up, as Hugging Face's tokenizers do: tokens of the
/// texts go, added ones stay.
///
/// @param padding the one token to fill up with
/// @param padLeft whether filling goes in front
/// @param cutLeft whether a text loses its beginning rather than its end
record Shaping(Encoding padding, boolean padLeft, boolean cutLeft) {

  static Shaping of(TokenizerFiles files, Vocabulary vocabulary, SpecialTokens special) {
    JsonNode stored = files.tokenizer().path("padding");
    int id = special.pad().orElse(stored.path("pad_id").asInt(special.eos().orElse(0)));
    int typeId =
        files.config().path("pad_token_type_id").asInt(stored.path("pad_type_id").asInt(0));
    var token =
        new Encoding(
            new int[] {id},
            List.of(vocabulary.token(id).orElse("")),
            new int[] {typeId},
            new int[] {0},
            new int[] {1},
            new int[] {-1},
            new int[] {-1},
            new Offsets(new int[1], new int[1]));
    return new Shaping(token, left(files, "padding"), left(files, "truncation"));
  }

  private static boolean left(TokenizerFiles files, String what) {
    String stored = files.tokenizer().path(what).path("direction").asString("right");
    return files.config().path(what + "_side").asString(stored).equalsIgnoreCase("left");
  }

  /// `encoding` with at most `options.maxLength()` tokens.
  Encoding cut(Encoding encoding, boolean pair, EncodingOptions options) {
    int limit = options.maxLength();
    if (encoding.size() <= limit) {
      return encoding;
    }
    int[] lengths = {count(encoding, 0), count(encoding, 1)};
    int room = limit - (encoding.size() - lengths[0] - lengths[1]);
    if (room < 0) {
      throw InvalidInputException.config(
          "maxLength",
          "%d leaves no room for %d added tokens; raise it".formatted(limit, limit - room));
    }
    int[] kept = pair ? keptOfPair(lengths, room, options.truncation()) : new int[] {room, 0};
    int[] seen = new int[2];
    int[] indexes =
        IntStream.range(0, encoding.size())
            .filter(i -> {
              int text = encoding.sequenceIds()[i];
              if (text < 0) {
                return true;
              }
              int at = seen[text]++;
              return cutLeft ? at >= lengths[text] - kept[text] : at < kept[text];
            })
            .toArray();
    return encoding.select(indexes, padding);
  }

  /// Windows over text `text` of `whole`, from left to right whichever end the tokenizer cuts.
  TokenWindows windows(Encoding whole, int text, int limit, int stride) {
    int length = count(whole, text);
    int room = limit - (whole.size() - length);
    if (stride < 0 || stride >= room) {
      throw InvalidInputException.config(
          "stride",
          ("%d has to be from 0 to %d: what maxLength %d leaves beside %d other tokens, less 1;"
                  + " lower it or raise maxLength")
              .formatted(stride, room - 1, limit, limit - room));
    }
    List<Encoding> windows = new ArrayList<>();
    int step = room - stride;
    for (int from = 0; from == 0 || from - step + room < length; from += step) {
      windows.add(window(whole, text, from, from + room));
    }
    return new TokenWindows(List.copyOf(windows), room, step);
  }

  private Encoding window(Encoding whole, int text, int from, int to) {
    int[] seen = new int[1];
    int[] indexes =
        IntStream.range(0, whole.size())
            .filter(i -> {
              if (whole.sequenceIds()[i] != text) {
                return true;
              }
              int at = seen[0]++;
              return at >= from && at < to;
            })
            .toArray();
    return whole.select(indexes, padding);
  }

  private static int[] keptOfPair(int[] lengths, int room, EncodingOptions.Truncation rule) {
    return switch (rule) {
      case LONGEST_FIRST -> {
        int shorter = Math.min(Math.min(lengths[0], lengths[1]), room / 2);
        // Both are cut: the odd token goes to the longer text, to the second of equal ones.
        yield lengths[0] > lengths[1]
            ? new int[] {room - shorter, shorter}
            : new int[] {shorter, room - shorter};
      }
      case ONLY_FIRST -> new int[] {keptBeside(lengths[1], room, "first"), lengths[1]};
      case ONLY_SECOND -> new int[] {lengths[0], keptBeside(lengths[0], room, "second")};
    };
  }

  private static int keptBeside(int other, int room, String which) {
    if (other >= room) {
      throw InvalidInputException.config(
          "maxLength",
          ("leaves nothing of the %s text, the only one to cut: the other has %d tokens, the room"
                  + " is %d; raise it or cut LONGEST_FIRST")
              .formatted(which, other, room));
    }
    return room - other;
  }

  private static int count(Encoding encoding, int text) {
    return (int) Arrays.stream(encoding.sequenceIds()).filter(id -> id == text).count();
  }

  /// The encodings, filled up where `options` ask for it.
  List<Encoding> fill(List<Encoding> encodings, EncodingOptions options) {
    int longest = encodings.stream().mapToInt(Encoding::size).max().orElse(0);
    return switch (options.padding()) {
      case NONE -> encodings;
      case LONGEST -> fill(encodings, longest, options.multipleOf());
      case MAX_LENGTH -> fill(encodings, options.maxLength(), options.multipleOf());
    };
  }

  private List<Encoding> fill(List<Encoding> encodings, int length, int multipleOf) {
    int target = Math.ceilDiv(length, multipleOf) * multipleOf;
    return encodings.stream().map(encoding -> fill(encoding, target)).toList();
  }

  private Encoding fill(Encoding encoding, int target) {
    int missing = target - encoding.size();
    if (missing <= 0) {
      return encoding;
    }
    int first = padLeft ? -missing : 0;
    int[] indexes =
        IntStream.range(first, first + target).map(i -> i < encoding.size() ? i : -1).toArray();
    return encoding.select(indexes, padding);
  }
}
