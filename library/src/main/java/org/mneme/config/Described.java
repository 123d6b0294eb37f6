package org.mneme.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a setting means, in a sentence: shown by `mneme config`, in the schema and in the
/// reference.
///
/// Stands on the components of configuration records; unit and range belong into the sentence.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Described {
  /// The sentence.
  String value();

  /// The key in files, where it is not the component's name.
  String key() default "";

  /// The value that the setting has where it is left out, as in a file, for records that have no
  /// `DEFAULT` as other keys of theirs are required.
  String usual() default "";
}
