package shop;

/** What the layer brings. */
public class Layered {
  public static final String NAME = "layered";
}
