namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Two parts of a data set.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Test">To test on.</param>
public sealed record SequenceSplit(IDataView Train, IDataView Test);
