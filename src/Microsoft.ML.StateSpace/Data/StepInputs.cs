using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>What is known of some rows' steps before anything is observed or drawn.</summary>
/// <param name="Controls">u_t, which acts on the transition into the step, [row, U]; null: none.</param>
/// <param name="Gap">Time since the step before, [row, 1]; null: equally spaced.</param>
/// <param name="Step">Number of each row's step, from 0, [row] of Int64.</param>
public sealed record StepInputs(Tensor? Controls, Tensor? Gap, Tensor Step);
