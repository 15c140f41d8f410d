using Microsoft.ML.StateSpace.Networks.Tapes;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Lays q(z_t | ·) on a tape, given what the model tells of the past, side by side, and the prior.</summary>
internal delegate TapeGaussian TapedProposal(IReadOnlyList<ITapeSource> features, TapeGaussian prior);

/// <summary>What a model has laid on a tape.</summary>
/// <param name="Prior">p(z_t | past)</param>
/// <param name="Draw">z_t from what the proposal gave; its noise is to be filled before a step runs.</param>
/// <param name="EmissionInput">What the emission reads.</param>
/// <param name="StateAfter">The model's state after a step, given how a value of the step is read.</param>
internal sealed record TapedModel(TapeGaussian Prior, TapeDraw Draw, TapeValue EmissionInput,
    Func<int, Func<TapeValue, TorchSharp.torch.Tensor>, ModelState> StateAfter);
