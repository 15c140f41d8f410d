using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The signature of classes that load themselves from a model.</summary>
internal delegate void SignatureLoadModel(ModelLoadContext ctx);

/// <summary>Declares, on an assembly, a class that a model may name as its loader.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class LoadableClassAttribute : LoadableClassAttributeBase
{
    public LoadableClassAttribute(Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(null, instType, instType, argType, sigType, userName, loadNames)
    {
    }

    public LoadableClassAttribute(Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(null, instType, loaderType, argType, sigType, userName, loadNames)
    {
    }

    public LoadableClassAttribute(string summary, Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(summary, instType, instType, argType, sigType, userName, loadNames)
    {
    }

    public LoadableClassAttribute(string summary, Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(summary, instType, loaderType, argType, sigType, userName, loadNames)
    {
    }
}

/// <summary>What a loadable class is made of: the instance's type, the type that makes it, and the names it goes by.</summary>
internal abstract class LoadableClassAttributeBase : Attribute
{
    protected LoadableClassAttributeBase(string summary, Type instType, Type loaderType, Type argType, Type sigType, string userName, string[] loadNames)
    {
        Contracts.CheckValue(instType, nameof(instType));
        Contracts.CheckValue(loaderType, nameof(loaderType));
        Contracts.CheckValue(sigType, "sigTypes");
        var names = loadNames is null or [] ? [userName] : loadNames;
        if (names.Any(string.IsNullOrWhiteSpace))
            throw Contracts.ExceptEmpty(nameof(loadNames), "LoadableClass loadName parameter can't be empty");
        Contracts.CheckParam(sigType.BaseType == typeof(MulticastDelegate), "sigTypes", "LoadableClass signature type must be a delegate type");
        var parameters = sigType.GetMethod("Invoke").GetParameters().Select(p => p.ParameterType);

        (Summary, InstanceType, LoaderType, ArgType, SigType, UserName, LoadNames) = (summary, instType, loaderType, argType, sigType, userName, names);
        CtorTypes = argType is null ? [.. parameters] : [argType, .. parameters];
    }

    public string Summary { get; }

    public Type InstanceType { get; }

    public Type LoaderType { get; }

    public Type ArgType { get; }

    public Type SigType { get; }

    public string UserName { get; }

    public string[] LoadNames { get; }

    public Type[] CtorTypes { get; }
}
