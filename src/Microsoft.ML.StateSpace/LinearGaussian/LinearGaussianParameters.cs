using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>The parameters of a system that stays the same: z_t = A z_{t−1} + B u_t + b + N(0, Q), x_t = C z_t + d + N(0, diag r).</summary>
/// <param name="InitialMean">m₀, [Z].</param>
/// <param name="InitialCovariance">P₀, [Z, Z].</param>
/// <param name="Transition">A, [Z, Z].</param>
/// <param name="TransitionOffset">b, [Z].</param>
/// <param name="TransitionCovariance">Q, [Z, Z].</param>
/// <param name="Emission">C, [D, Z].</param>
/// <param name="EmissionOffset">d, [D].</param>
/// <param name="EmissionVariance">r, [D], above 0.</param>
/// <param name="Control">B, [Z, U]; null without controls.</param>
public sealed record LinearGaussianParameters(Tensor InitialMean, Tensor InitialCovariance, Tensor Transition,
    Tensor TransitionOffset, Tensor TransitionCovariance, Tensor Emission, Tensor EmissionOffset, Tensor EmissionVariance,
    Tensor? Control = null)
{
    /// <summary>Z, the size of a state.</summary>
    public long LatentSize => InitialMean.shape[0];

    /// <summary>D, the numbers per step.</summary>
    public long ObservationSize => EmissionOffset.shape[0];

    /// <summary>The system with these parameters, on a batch.</summary>
    /// <param name="batch">The batch the controls belong to.</param>
    /// <param name="controls">u, packed [S, U]; row t enters the transition into step t, the first row none.</param>
    /// <exception cref="ArgumentException">Controls without B, or B without controls.</exception>
    public LinearGaussianSystem System(SequenceBatch batch, Tensor? controls = null)
    {
        if (controls is null != Control is null)
            throw new ArgumentException(Control is null
                ? "The parameters have no Control matrix for the controls given."
                : "The parameters have a Control matrix; it needs controls.", nameof(controls));
        var initial = new GaussianMoments(InitialMean, InitialCovariance);
        var emission = AffineGaussian.Independent(Emission, EmissionOffset, EmissionVariance);
        if (controls is null)
            return LinearGaussianSystem.Constant(initial, new(Transition, TransitionOffset, TransitionCovariance), emission);
        var offsets = Control!.Apply(controls) + TransitionOffset;
        return new(initial, t => new(Transition, batch.Step(t).Of(offsets), TransitionCovariance), _ => emission);
    }

    /// <summary>Every parameter in another number type.</summary>
    public LinearGaussianParameters To(ScalarType type) => new(InitialMean.to(type), InitialCovariance.to(type), Transition.to(type),
        TransitionOffset.to(type), TransitionCovariance.to(type), Emission.to(type), EmissionOffset.to(type), EmissionVariance.to(type),
        Control?.to(type));

    internal LinearGaussianParameters MoveToOuterDisposeScope() => Map(part => part.MoveToOuterDisposeScope());

    /// <summary>Every parameter changed in the same way.</summary>
    internal LinearGaussianParameters Map(Func<Tensor, Tensor> change) => new(change(InitialMean), change(InitialCovariance), change(Transition),
        change(TransitionOffset), change(TransitionCovariance), change(Emission), change(EmissionOffset), change(EmissionVariance),
        Control is null ? null : change(Control));

    /// <summary>Every parameter there is, by its name.</summary>
    internal IEnumerable<(string Name, Tensor Value)> Named() => new (string, Tensor?)[]
    {
        (nameof(InitialMean), InitialMean), (nameof(InitialCovariance), InitialCovariance), (nameof(Transition), Transition),
        (nameof(TransitionOffset), TransitionOffset), (nameof(TransitionCovariance), TransitionCovariance), (nameof(Emission), Emission),
        (nameof(EmissionOffset), EmissionOffset), (nameof(EmissionVariance), EmissionVariance), (nameof(Control), Control),
    }.Where(part => part.Item2 is not null).Select(part => (part.Item1, part.Item2!));
}
