package org.mneme.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// A stretch of tokens that is something: a person, a place.
///
/// @param type what comes after the tag's `-`; `_` where nothing does
/// @param start its first token, from 0
/// @param end the token behind its last one
public record Entity(String type, int start, int end) {
  /// The tag of words that are of no entity.
  public static final String OUTSIDE = "O";

  private static final Pattern INSIDE = Pattern.compile("[BIES](-.*)?", Pattern.DOTALL);

  /// The entities of a sentence, one tag a token, as the default mode of seqeval reads them: an
  /// entity goes on where `B` or `I` is followed by `I` or `E` of the same type, and everything
  /// else but `O` begins a new one. So it reads IOB1, IOB2, IOE and IOBES alike, and tags that
  /// break their rules too.
  ///
  /// @throws InvalidInputException when a tag is not [#isTag(String)]
  public static List<Entity> of(List<String> tags) {
    List<Entity> entities = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < tags.size(); i++) {
      String tag = check(tags.get(i));
      if (i == 0 || !goesOn(tags.get(i - 1), tag)) {
        start = i;
      }
      boolean last = i == tags.size() - 1 || !goesOn(tag, tags.get(i + 1));
      if (last && !tag.equals(OUTSIDE)) {
        entities.add(new Entity(type(tag), start, i + 1));
      }
    }
    return entities;
  }

  /// Whether `label` is a tag of entities: `O`, or one of `B`, `I`, `E`, `S`, alone or followed by
  /// `-` and a type. Labels of other schemes are scored by [ClassificationScores].
  public static boolean isTag(String label) {
    return label.equals(OUTSIDE) || INSIDE.matcher(label).matches();
  }

  /// Whether `label` can be nothing else: `B-` and a type.
  public static boolean begins(String label) {
    return label.startsWith("B-") && label.length() > 2;
  }

  private static String check(String tag) {
    if (!isTag(tag)) {
      throw new InvalidInputException(
          Kind.DATA,
          "tag",
          "\"%s\" is no tag of an entity; write O, or B-, I-, E-, S- and the type (E for L, S for U)"
              .formatted(tag));
    }
    return tag;
  }

  private static boolean goesOn(String tag, String next) {
    return (tag.startsWith("B") || tag.startsWith("I"))
        && (next.startsWith("I") || next.startsWith("E"))
        && type(tag).equals(type(next));
  }

  private static String type(String tag) {
    return tag.length() > 2 ? tag.substring(2) : "_";
  }
}
