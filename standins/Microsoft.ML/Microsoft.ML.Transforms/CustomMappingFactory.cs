using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using System.Reflection;

[assembly: LoadableClass(typeof(ITransformer), typeof(CustomMappingModel), null, typeof(SignatureLoadModel), "", CustomMappingModel.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Names the contract of a class that makes a custom mapping, so that a model can find it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CustomMappingFactoryAttributeAttribute : ExtensionBaseAttribute
{
    public CustomMappingFactoryAttributeAttribute(string contractName) : base(contractName)
    {
    }
}

internal interface ICustomMappingFactory
{
    ITransformer CreateTransformer(IHostEnvironment env, string contractName);
}

/// <summary>Makes the function of a custom mapping that was saved in a model.</summary>
public abstract class CustomMappingFactory<TSrc, TDst> : ICustomMappingFactory where TSrc : class, new() where TDst : class, new()
{
    public abstract Action<TSrc, TDst> GetMapping();

    ITransformer ICustomMappingFactory.CreateTransformer(IHostEnvironment env, string contractName) =>
        new CustomMappingTransformer<TSrc, TDst>(env, GetMapping(), contractName);
}

/// <summary>A custom mapping in a model: the name of its contract and of the assembly that holds it.</summary>
internal static class CustomMappingModel
{
    public const string LoaderSignature = "CustomTransformer";

    private static VersionInfo Version => new(
        modelSignature: "CUSTOMXF",
        verWrittenCur: 0x00010002,
        verReadableCur: 0x00010002,
        verWeCanReadBack: 0x00010002,
        loaderAssemblyName: typeof(CustomMappingModel).Assembly.FullName,
        loaderSignature: LoaderSignature);

    public static void Save(IHost host, ModelSaveContext ctx, string contractName, string contractAssembly)
    {
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveString(contractName);
        ctx.SaveString(contractAssembly);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        string contract = ctx.LoadString();
        env.ComponentCatalog.RegisterAssembly(Assembly.Load(ctx.LoadString()));
        var factory = env.ComponentCatalog.GetExtensionValue(env, typeof(CustomMappingFactoryAttributeAttribute), contract) as ICustomMappingFactory
            ?? throw env.Except($"The class with contract '{contract}' must derive from '{typeof(CustomMappingFactory<,>).FullName}'.");
        return factory.CreateTransformer(env, contract);
    }
}
