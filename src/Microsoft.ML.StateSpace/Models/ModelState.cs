using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>What a generative model carries from step to step. Parts that all particles share lack the particle dimension.</summary>
/// <param name="Latent">z_t, [.., row, Z].</param>
/// <param name="Observation">x_t, or the particle's sample of it, [.., row, D]; null where the model does not feed it back.</param>
/// <param name="Path">The deterministic path (h_t, and an LSTM's c_t), each [.., row, ·]; empty where the model has none.</param>
public sealed record ModelState(Tensor Latent, Tensor? Observation, IReadOnlyList<Tensor> Path)
{
    /// <summary>The state of a model that carries z_t alone.</summary>
    public ModelState(Tensor latent) : this(latent, null, [])
    {
    }

    /// <summary>Every part changed in the same way.</summary>
    public ModelState Map(Func<Tensor, Tensor> change) =>
        new(change(Latent), Observation is null ? null : change(Observation), [.. Path.Select(change)]);

    /// <summary>The state of the first <paramref name="count"/> rows: those whose sequence goes on.</summary>
    public ModelState Rows(long count) => Latent.shape[^2] == count ? this : Map(part => part.narrow(-2, 0, count));

    /// <summary>Every particle replaced by its ancestor.</summary>
    /// <param name="ancestors">[particle, row], numbers of particles.</param>
    public ModelState Select(Tensor ancestors) => Map(part => part.dim() < 3 ? part
        : part.gather(0, ancestors.unsqueeze(-1).expand(-1, -1, part.shape[^1])));

    /// <summary>States of neighbouring rows as one, rows in order.</summary>
    public static ModelState Concatenate(IReadOnlyList<ModelState> parts) => new(
        Broadcast.Concatenate([.. parts.Select(p => p.Latent)], -2),
        parts[0].Observation is null ? null : Broadcast.Concatenate([.. parts.Select(p => p.Observation!)], -2),
        [.. Enumerable.Range(0, parts[0].Path.Count).Select(i => Broadcast.Concatenate([.. parts.Select(p => p.Path[i])], -2))]);
}

/// <summary>What a step is conditioned on before z_t is drawn: of the rows of one step, or of many.</summary>
/// <param name="Latent">z_{t−1}, [.., row, Z]; null at the first step.</param>
/// <param name="Observation">x_{t−1}, [.., row, D]; null at the first step, and where the model does not feed it back.</param>
/// <param name="Path">The deterministic path at step t, each [.., row, ·].</param>
/// <param name="Inputs">Controls, time gap and step number.</param>
public sealed record Past(Tensor? Latent, Tensor? Observation, IReadOnlyList<Tensor> Path, StepInputs Inputs)
{
    /// <summary>Every part changed in the same way, the known inputs apart.</summary>
    public Past Map(Func<Tensor, Tensor> change) =>
        new(Latent is null ? null : change(Latent), Observation is null ? null : change(Observation), [.. Path.Select(change)], Inputs);

    /// <summary>Every part cut from its gradient.</summary>
    public Past Detach() => Map(part => part.detach());
}
