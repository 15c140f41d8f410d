namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Options that make no sense, or JSON that holds none: names the option and says what to do.</summary>
public sealed class OptionsException(string message, Exception? inner = null) : ArgumentException(message, inner);
