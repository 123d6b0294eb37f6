package org.mneme.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a setting may be: the type of a record's component, as far as settings have types.
sealed interface Form {

  /// A text.
  record Text() implements Form {}

  /// An integer from `least` to `most`.
  record Whole(long least, long most) implements Form {}

  /// A number.
  record Real() implements Form {}

  /// True or false.
  record Flag() implements Form {}

  /// One constant of an enum, by its name in lower case with hyphens.
  record Choice(Map<String, Enum<?>> constants) implements Form {
    List<String> names() {
      return List.copyOf(constants.keySet());
    }

    Enum<?> constant(String name) {
      return Objects.requireNonNull(constants.get(name), name);
    }
  }

  /// A list; one element may stand for a list of one.
  record Many(Form element) implements Form {}

  /// Elements under names of the user's choice.
  record Named(Form element) implements Form {}

  /// A record.
  ///
  /// @param type its class
  /// @param keys its components, in order
  /// @param constructor the canonical one
  /// @param usual the value of its `DEFAULT`, if it has one
  /// @param shorthand its static `of(String)`, if it has one: a text may stand for the record
  record Group(
      Class<?> type,
      List<Setting> keys,
      Constructor<?> constructor,
      @Nullable Object usual,
      @Nullable Method shorthand)
      implements Form {
    List<String> names() {
      return keys.stream().map(Setting::name).toList();
    }
  }

  /// A sealed interface of records, of which the key `type` chooses one. A name alone stands for
  /// the record with its usual settings.
  record Union(Map<String, Group> variants) implements Form {
    List<String> names() {
      return List.copyOf(variants.keySet());
    }

    Group variant(String name) {
      return Objects.requireNonNull(variants.get(name), name);
    }

    /// What `value` is called in files.
    String name(Object value) {
      return variants.entrySet().stream()
          .filter(variant -> variant.getValue().type().isInstance(value))
          .map(Map.Entry::getKey)
          .findFirst()
          .orElseThrow();
    }
  }

  /// A setting in a record.
  ///
  /// @param name in files
  /// @param form what it may be
  /// @param optional whether it may be absent
  /// @param sentence what it means
  /// @param usual its value where it is left out, as text of YAML; empty for none of its own
  /// @param accessor reads it from the record
  record Setting(
      String name, Form form, boolean optional, String sentence, String usual, Method accessor) {
    /// Its value in `record`.
    @Nullable Object of(Object record) {
      return Reflection.call(accessor, record);
    }
  }
}
