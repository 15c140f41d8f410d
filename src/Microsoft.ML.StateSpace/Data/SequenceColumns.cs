namespace Microsoft.ML.StateSpace.Data;

/// <summary>Which columns of a data view hold the sequences.</summary>
/// <param name="Observations">Vector of T·D Single or Double, step-major; NaN is missing.</param>
/// <param name="Mask">Vector of T or T·D numbers or Booleans, 0 or false where missing; null: none.</param>
/// <param name="SequenceId">Text or whole number that names the row and seeds its noise; null: its values do.</param>
/// <param name="ObservationSize">D; null: the last dimension of the observations' vector type.</param>
/// <param name="Controls">Vector of (T+H)·U Single or Double, step-major; null: none.</param>
/// <param name="ControlSize">U; null: the last dimension of the controls' vector type.</param>
/// <param name="Times">Vector of T or T+H Single or Double; null: none.</param>
/// <param name="Static">Number, or vector of S numbers, that holds for the whole sequence: Single, Double, Int32, Int64 or Boolean; null: none.</param>
/// <param name="StaticSize">S; null: the size of the static column's vector type, 1 for a number.</param>
public sealed record SequenceColumns(string Observations, string? Mask = null, string? SequenceId = null, int? ObservationSize = null,
    string? Controls = null, int? ControlSize = null, string? Times = null, string? Static = null, int? StaticSize = null);
