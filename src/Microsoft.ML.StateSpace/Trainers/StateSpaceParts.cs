namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Parts of the user's own, beside the library's: transitions, emissions, models, inference networks, bounds.</summary>
/// <remarks>A config file and a saved model name a part; a process that loads either must have registered the name first.</remarks>
public static class StateSpaceParts
{
    /// <summary>Gives a part the name that JSON calls it by.</summary>
    /// <typeparam name="TKind">What it is: Transition, Emission, GenerativeModel, InferenceNetwork, Bound, …</typeparam>
    /// <typeparam name="TPart">The options record.</typeparam>
    /// <param name="name">The value of "type".</param>
    /// <exception cref="ArgumentException"><typeparamref name="TKind"/> is no kind of part, or the name belongs to another part.</exception>
    public static void Register<TKind, TPart>(string name) where TPart : TKind, new()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Kinds.Add(typeof(TKind), name, typeof(TPart));
    }
}
