using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass("A model loader that encapsulates a data loader and a transformer chain.", typeof(CompositeDataLoader<IMultiStreamSource, ITransformer>), null,
    typeof(SignatureLoadModel), "Composite Loader", CompositeDataLoader<IMultiStreamSource, ITransformer>.LoaderSignature)]

namespace Microsoft.ML.Data;

/// <summary>A loader, and the transformers that what it loads goes through.</summary>
public sealed class CompositeDataLoader<TSource, TLastTransformer> : IDataLoader<TSource>, IDisposable where TLastTransformer : class, ITransformer
{
    internal const string LoaderSignature = "CompositeLoader";
    private const string LoaderDirectory = "Loader", OldLoaderDirectory = "Reader";

    public readonly IDataLoader<TSource> Loader;
    public readonly TransformerChain<TLastTransformer> Transformer;
    private bool _disposed;

    public CompositeDataLoader(IDataLoader<TSource> loader, TransformerChain<TLastTransformer> transformerChain = null)
    {
        Contracts.CheckValue(loader, nameof(loader));
        (Loader, Transformer) = (loader, transformerChain ?? new TransformerChain<TLastTransformer>());
    }

    private CompositeDataLoader(IHost env, ModelLoadContext ctx)
    {
        if (!ctx.LoadModelOrNull<IDataLoader<TSource>, SignatureLoadModel>(env, out Loader, OldLoaderDirectory))
            ctx.LoadModel<IDataLoader<TSource>, SignatureLoadModel>(env, out Loader, LoaderDirectory);
        ctx.LoadModel<TransformerChain<TLastTransformer>, SignatureLoadModel>(env, out Transformer, TransformerChain.LoaderSignature);
    }

    private static VersionInfo Version => new(
        modelSignature: "CMPSTLDR",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(CompositeDataLoader<,>).Assembly.FullName,
        loaderSignature: LoaderSignature);

    public IDataView Load(TSource input) => Transformer.Transform(Loader.Load(input));

    public DataViewSchema GetOutputSchema() => Transformer.GetOutputSchema(Loader.GetOutputSchema());

    public void Dispose()
    {
        if (_disposed)
            return;
        Transformer.Dispose();
        _disposed = true;
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        Contracts.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveModel(Loader, LoaderDirectory);
        ctx.SaveModel(Transformer, TransformerChain.LoaderSignature);
    }

    private static CompositeDataLoader<TSource, TLastTransformer> Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(Version);
        return new(env.Register(LoaderSignature), ctx);
    }
}
