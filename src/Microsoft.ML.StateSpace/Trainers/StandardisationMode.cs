namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Whether a model computes in units in which the training data have mean 0 and deviation 1.</summary>
public enum StandardisationMode
{
    /// <summary>Observations where the emission is of real numbers, controls and times always; nothing where the generative model's
    /// options are in the data's units. A model that begins with another's weights computes in that one's units.</summary>
    Auto,
    /// <summary>Observations, controls and times, fitted on the training data.</summary>
    On,
    /// <summary>Nothing: the networks see the data as they are.</summary>
    Off,
}
