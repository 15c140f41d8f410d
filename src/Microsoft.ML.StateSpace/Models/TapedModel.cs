using Microsoft.ML.StateSpace.Networks.Tapes;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>What a model has laid on a tape before q(z_t | ·) is asked for.</summary>
/// <param name="Features">What the model tells of the past, side by side.</param>
/// <param name="Prior">p(z_t | past)</param>
/// <param name="EmissionContext">What the emission reads beside z_t.</param>
internal sealed record TapedPast(IReadOnlyList<ITapeSource> Features, TapeGaussian Prior, TapeValue EmissionContext);

/// <summary>What an emission reads of any z, laid on a tape.</summary>
/// <param name="Latent">z, to be filled.</param>
/// <param name="Encoded">What the emission reads of it; beside it <paramref name="Context"/>.</param>
/// <param name="Context">What comes with the step, to be filled.</param>
internal sealed record TapedEmissionInput(TapeValue Latent, TapeValue Encoded, TapeValue Context);

/// <summary>What a model has laid on a tape.</summary>
/// <param name="Prior">p(z_t | past)</param>
/// <param name="Draw">z_t from what the proposal gave; its noise is to be filled before a step runs.</param>
/// <param name="EmissionInput">What the emission reads.</param>
/// <param name="StateAfter">The model's state after a step, given how a value of the step is read.</param>
internal sealed record TapedModel(TapeGaussian Prior, TapeDraw Draw, TapeValue EmissionInput,
    Func<int, Func<TapeValue, TorchSharp.torch.Tensor>, ModelState> StateAfter);
