using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>How what is known of a step enters a transition.</summary>
public enum ConditioningMode
{
    /// <summary>Beside z_{t−1}: [z_{t−1}, u_t].</summary>
    Concatenate,
    /// <summary>Added to z_{t−1} by a linear map: z_{t−1} + W u_t.</summary>
    Sum,
}

/// <summary>What a transition sees beside z_{t−1}: controls (actions, interventions) and the time gap.</summary>
/// <remarks><c>Controls[t]</c> acts on the transition into step t; the first row is used only by a conditioned initial prior.</remarks>
public sealed record Conditioning
{
    /// <summary>How it enters. Default: concatenated.</summary>
    public ConditioningMode Mode { get; init; } = ConditioningMode.Concatenate;

    /// <summary>Whether the controls are read. Default true.</summary>
    public bool Controls { get; init; } = true;

    /// <summary>How many of the controls are read, the first ones; null: all. Default null.</summary>
    public int? ControlCount { get; init; }

    /// <summary>Whether the time since the step before is read. Default false.</summary>
    public bool TimeGap { get; init; }

    /// <summary>Whether p(z_1) reads the first step's controls. Default false.</summary>
    public bool InitialPrior { get; init; }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (!Enum.IsDefined(Mode))
            yield return $"Mode is {Mode}; it must be Concatenate or Sum.";
        if (!Controls && !TimeGap)
            yield return "Controls and TimeGap are both off; then there is nothing to condition on.";
        if (ControlCount < 1)
            yield return $"ControlCount is {ControlCount}; it must be at least 1.";
        if (ControlCount is not null && !Controls)
            yield return "ControlCount is set, but Controls is off.";
        if (InitialPrior && !Controls)
            yield return "InitialPrior reads the controls; set Controls.";
    }

    /// <summary>The controls that are read of all there are.</summary>
    internal int CountOf(int controlSize) => !Controls ? 0 : ControlCount ?? controlSize;

    /// <summary>These controls, [.., row, ·], of all, [.., row, U].</summary>
    internal Tensor Of(Tensor controls) => ControlCount is not { } count || count == controls.shape[^1] ? controls : controls.narrow(-1, 0, count);
}
