package org.mneme.metric;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Scores of tagged sentences by their entities, as the default mode of seqeval gives them: a
/// predicted entity is right where a gold one has the same type, start and end.
public final class EntityScores implements Scores<EntityScores> {
  private final Map<String, Counts> types = new TreeMap<>();
  private long sentences;
  private long tokens;
  private long rightTokens;

  /// A sentence, one tag a token.
  ///
  /// @throws InvalidInputException when they have not as many tags, or one is not
  ///   [Entity#isTag(String)]
  public void add(List<String> gold, List<String> predicted) {
    if (gold.size() != predicted.size()) {
      throw new InvalidInputException(
          Kind.DATA,
          "predicted",
          "%d tags were predicted for %d tokens; give one for each"
              .formatted(predicted.size(), gold.size()));
    }
    List<Entity> goldEntities = Entity.of(gold);
    List<Entity> predictedEntities = Entity.of(predicted);
    Set<Entity> right = new HashSet<>(goldEntities);
    right.retainAll(new HashSet<>(predictedEntities));
    goldEntities.forEach(entity -> count(entity.type(), new Counts(0, 1, 0)));
    predictedEntities.forEach(entity -> count(entity.type(), new Counts(0, 0, 1)));
    right.forEach(entity -> count(entity.type(), new Counts(1, 0, 0)));
    for (int i = 0; i < gold.size(); i++) {
      rightTokens += gold.get(i).equals(predicted.get(i)) ? 1 : 0;
    }
    tokens += gold.size();
    sentences++;
  }

  private void count(String type, Counts counts) {
    types.merge(type, counts, Counts::plus);
  }

  @Override
  public void merge(EntityScores other) {
    Map.copyOf(other.types).forEach(this::count);
    sentences += other.sentences;
    tokens += other.tokens;
    rightTokens += other.rightTokens;
  }

  @Override
  public long examples() {
    return sentences;
  }

  /// Types come last, in the order of their names, as `precision.PER`, `recall.PER`, `f1.PER`.
  @Override
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    Averages averages = new Averages(types.values());
    averages.putMicro(figures, "");
    averages.putMacro(figures, "Macro");
    averages.putWeighted(figures, "Weighted");
    figures.put("tokenAccuracy", (double) rightTokens / tokens);
    types.forEach((type, counts) -> Averages.put(figures, "." + type, counts));
    return figures;
  }
}
