namespace Microsoft.ML.Runtime;

/// <summary>Who sent a message.</summary>
internal interface IMessageSource
{
    string ShortName { get; }

    string FullName { get; }

    bool Verbose { get; }
}

/// <summary>A named part of an environment: it marks the exceptions that pass through it.</summary>
internal abstract class ChannelProviderBase : IExceptionContext
{
    protected ChannelProviderBase(string shortName, string parentFullName, bool verbose)
    {
        ParentFullName = string.IsNullOrEmpty(parentFullName) ? null : parentFullName;
        ShortName = string.IsNullOrEmpty(shortName) ? null : shortName;
        FullName = ParentFullName is null ? ShortName : $"{ParentFullName}; {ShortName}";
        Verbose = verbose;
    }

    public string ShortName { get; }

    public string ParentFullName { get; }

    public string FullName { get; }

    public bool Verbose { get; }

    public virtual string ContextDescription => FullName;

    public abstract TException Process<TException>(TException ex) where TException : Exception;
}

/// <summary>An environment and its hosts: they share listeners and the component catalog.</summary>
internal abstract class HostEnvironmentBase : ChannelProviderBase, IHostEnvironmentInternal, ICancelable
{
    private readonly HostEnvironmentBase _master;
    private readonly List<WeakReference<HostEnvironmentBase>> _children = [];
    private readonly Dictionary<string, object> _options = [];
    private protected readonly Random Random;
    private protected readonly Listeners Listeners;

    protected HostEnvironmentBase(int? seed, bool verbose) : base(null, null, verbose)
    {
        (Seed, Random, Listeners, ComponentCatalog) = (seed, RandomUtils.Create(seed), new(), new ComponentCatalog());
        TempFilePath = Path.GetTempPath();
    }

    protected HostEnvironmentBase(HostEnvironmentBase source, string shortName, string parentFullName, Random rand, bool verbose)
        : base(shortName, parentFullName, verbose)
    {
        (_master, Random, Listeners, ComponentCatalog) = (source, rand, source.Listeners, source.ComponentCatalog);
        (Seed, TempFilePath, GpuDeviceId, FallbackToCpu, IsCanceled) =
            (source.Seed, source.TempFilePath, source.GpuDeviceId, source.FallbackToCpu, source.IsCanceled);
    }

    public int? Seed { get; }

    public ComponentCatalog ComponentCatalog { get; }

    public string TempFilePath { get; set; }

    public int? GpuDeviceId { get; set; }

    public bool FallbackToCpu { get; set; }

    public bool IsCanceled { get; private set; }

    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        lock (_children)
        {
            _children.RemoveAll(child => !child.TryGetTarget(out _));
            var rand = seed is { } value ? RandomUtils.Create(value) : RandomUtils.Create(Random);
            var host = RegisterCore(name, _master?.FullName, rand, verbose ?? Verbose);
            _children.Add(new((HostEnvironmentBase)host));
            return host;
        }
    }

    public override string ContextDescription => "HostEnvironment";

    public override TException Process<TException>(TException ex)
    {
        if (ex is not null)
            Contracts.Mark(ex).Data["Throwing component"] = "Environment";
        return ex;
    }

    protected abstract IHost RegisterCore(string shortName, string parentFullName, Random rand, bool verbose);

    public abstract IChannel Start(string name);

    public IPipe<TMessage> StartPipe<TMessage>(string name) => new Pipe<TMessage>(this, name, Listeners);

    public IProgressChannel StartProgressChannel(string name)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        return new ProgressChannel(this);
    }

    public void AddListener<TMessage>(Action<IMessageSource, TMessage> listener) => Listeners.Add(listener);

    void ICancelable.CancelExecution()
    {
        lock (_children)
        {
            foreach (var child in _children)
                if (child.TryGetTarget(out var host))
                    ((ICancelable)host).CancelExecution();
            _children.Clear();
            IsCanceled = true;
        }
    }

    public bool TryAddOption<T>(string name, T value) => _options.TryAdd(Named(name), value);

    public void SetOption<T>(string name, T value) => _options[Named(name)] = value;

    public bool TryGetOption<T>(string name, out T value)
    {
        bool found = _options.TryGetValue(Named(name), out object stored) && stored is T;
        value = found ? (T)stored : default;
        return found;
    }

    public T GetOptionOrDefault<T>(string name)
    {
        TryAddOption<T>(name, default);
        return (T)_options[name];
    }

    public bool RemoveOption(string name) => _options.Remove(Named(name));

    private static string Named(string name) => string.IsNullOrWhiteSpace(name) ? throw new ArgumentNullException(nameof(name)) : name;
}
