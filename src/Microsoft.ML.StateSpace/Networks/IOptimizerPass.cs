namespace Microsoft.ML.StateSpace.Networks;

/// <summary>Steps in an optimiser's place, with what that remembers.</summary>
internal interface IOptimizerPass
{
    /// <summary>Moves every parameter that a gradient has reached.</summary>
    /// <param name="scale">What gradients are multiplied by first.</param>
    void Step(GradientScale scale);
}
