package org.mneme.text;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Byte-pair encoding: a word begins as its characters, and of all neighbours that may be merged
/// those of the earliest merge are, until none is left.
///
/// No merge reaches over the end of a token, so a token comes about inside a word as it does alone.
/// What it is made of on the way is kept with it; then words of kept tokens are merged as before,
/// for every merge that happened is still there and no other came in.
final class MergeModel implements TokenModel {
  private final ObjectNode model;
  private final boolean byteLevel;
  private final BitSet special = new BitSet();
  private final Map<Pair, Integer> ranks = new HashMap<>();

  /// Two tokens that may become one.
  private record Pair(String left, String right) {
    static Pair of(JsonNode merge) {
      return merge.isArray()
          ? new Pair(merge.path(0).asString(""), merge.path(1).asString(""))
          : of(merge.asString(""));
    }

    static Pair of(String merge) {
      int blank = merge.indexOf(' ');
      return blank < 0
          ? new Pair(merge, "")
          : new Pair(merge.substring(0, blank), merge.substring(blank + 1));
    }

    String merged() {
      return left + right;
    }
  }

  MergeModel(Path file, ObjectNode tokenizer, ObjectNode model) {
    this.model = model;
    for (String affix : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!model.path(affix).asString("").isEmpty()) {
        throw TokenizerFiles.broken(
            file, "a BPE tokenizer with " + affix + " cannot be cut", Optional.empty());
      }
    }
    byteLevel =
        isByteLevel(tokenizer.path("pre_tokenizer")) || isByteLevel(tokenizer.path("normalizer"));
    for (JsonNode added : tokenizer.path("added_tokens")) {
      special.set(added.path("id").asInt(0), added.path("special").asBoolean(false));
    }
    for (JsonNode merge : model.path("merges")) {
      ranks.putIfAbsent(Pair.of(merge), ranks.size());
    }
  }

  private static boolean isByteLevel(JsonNode part) {
    return part.path("type").asString("").equals("ByteLevel")
        || part.path("pretokenizers").valueStream().anyMatch(MergeModel::isByteLevel)
        || part.path("normalizers").valueStream().anyMatch(MergeModel::isByteLevel);
  }

  /// Whether it stands for a byte that no other token covers: `<0x0A>`.
  static boolean isByte(String token) {
    return token.matches("<0x[0-9A-F]{2}>");
  }

  /// The letters that stand for the 256 bytes: the printable ones of Latin-1 for themselves, those
  /// from U+0100 on for the others.
  private static List<String> bytes() {
    List<String> letters = new ArrayList<>();
    int others = 0;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~')
              || (value >= 0xA1 && value <= 0xAC)
              || (value >= 0xAE && value <= 0xFF);
      letters.add(Character.toString(printable ? value : 256 + others++));
    }
    return letters;
  }

  @Override
  public void complete(BitSet ids) {
    JsonNode vocabulary = model.path("vocab");
    if (byteLevel) {
      bytes().forEach(letter -> TokenModel.add(vocabulary, letter, ids));
    }
    boolean fallback = model.path("byte_fallback").asBoolean(false);
    TokenModel.add(vocabulary, model.path("unk_token").asString(""), ids);
    BitSet wanted = (BitSet) ids.clone();
    vocabulary
        .properties()
        .forEach(token -> {
          int id = token.getValue().asInt(0);
          if (wanted.get(id) && !special.get(id)) {
            parts(token.getKey()).forEach(part -> TokenModel.add(vocabulary, part, ids));
          } else if (fallback && isByte(token.getKey())) {
            ids.set(id);
          }
        });
  }

  /// All that `token` is made of, from its characters on; nothing where merges do not lead to it.
  private List<String> parts(String token) {
    List<String> now =
        token.codePoints().mapToObj(Character::toString).collect(Collectors.toList());
    List<String> all = new ArrayList<>(now);
    int best = first(now);
    while (best >= 0) {
      String merged = now.get(best) + now.remove(best + 1);
      now.set(best, merged);
      all.add(merged);
      best = first(now);
    }
    return now.size() == 1 ? all : List.of();
  }

  /// Where the pair stands that is merged next, -1 where none is.
  private int first(List<String> tokens) {
    int best = -1;
    int lowest = Integer.MAX_VALUE;
    for (int i = 0; i + 1 < tokens.size(); i++) {
      int rank = ranks.getOrDefault(new Pair(tokens.get(i), tokens.get(i + 1)), Integer.MAX_VALUE);
      if (rank < lowest) {
        lowest = rank;
        best = i;
      }
    }
    return best;
  }

  @Override
  public void cut(KeptRows kept) {
    if (!(model.get("vocab") instanceof ObjectNode vocabulary)) {
      return;
    }
    TokenModel.cut(vocabulary, kept);
    if (model.get("merges") instanceof ArrayNode merges) {
      ArrayNode all = merges.deepCopy();
      merges.removeAll();
      Predicate<Pair> stays = stays(vocabulary);
      all.valueStream().filter(merge -> stays.test(Pair.of(merge))).forEach(merges::add);
    }
  }

  private static Predicate<Pair> stays(ObjectNode vocabulary) {
    return pair ->
        vocabulary.has(pair.left())
            && vocabulary.has(pair.right())
            && vocabulary.has(pair.merged());
  }

  /// The lines of `merges.txt` that are left once the model is cut.
  String cutLines(String merges) {
    Predicate<Pair> stays =
        model.get("vocab") instanceof ObjectNode vocabulary ? stays(vocabulary) : pair -> false;
    return merges
        .lines()
        .filter(line -> line.startsWith("#version") || stays.test(Pair.of(line)))
        .collect(Collectors.joining("\n", "", "\n"));
  }
}
