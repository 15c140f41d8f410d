using System.Collections.Concurrent;

namespace Microsoft.ML.Runtime;

/// <summary>Who listens to which type of message.</summary>
internal sealed class Listeners
{
    private readonly ConcurrentDictionary<Type, Delegate> _byMessage = [];

    public void Add<TMessage>(Action<IMessageSource, TMessage> listener) =>
        _byMessage.AddOrUpdate(typeof(TMessage), listener, (_, before) => Delegate.Combine(before, listener));

    public void Send<TMessage>(IMessageSource source, TMessage message)
    {
        if (_byMessage.TryGetValue(typeof(TMessage), out var listener))
            ((Action<IMessageSource, TMessage>)listener)(source, message);
    }
}

/// <summary>A named sender.</summary>
internal class Pipe<TMessage>(ChannelProviderBase parent, string shortName, Listeners listeners)
    : ChannelProviderBase(shortName, parent.FullName, parent.Verbose), IPipe<TMessage>, IMessageSource
{
    private bool _disposed;

    public void Send(TMessage msg) => listeners.Send(this, msg);

    public override TException Process<TException>(TException ex)
    {
        if (ex is null)
            return null;
        ex.Data["Throwing component"] = parent.ShortName;
        ex.Data["Parent component"] = parent.ParentFullName;
        ex.Data["Phase"] = ShortName;
        return Contracts.Mark(ex);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        Closing();
        _disposed = true;
    }

    protected virtual void Closing()
    {
    }
}

/// <summary>A sender of log messages.</summary>
internal abstract class ChannelBase(ChannelProviderBase parent, string shortName, Listeners listeners)
    : Pipe<ChannelMessage>(parent, shortName, listeners), IChannel
{
    public void Trace(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Trace, sensitivity, fmt));

    public void Trace(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Trace, sensitivity, fmt, args));

    public void Error(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Error, sensitivity, fmt));

    public void Error(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Error, sensitivity, fmt, args));

    public void Warning(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Warning, sensitivity, fmt));

    public void Warning(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Warning, sensitivity, fmt, args));

    public void Info(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Info, sensitivity, fmt));

    public void Info(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Info, sensitivity, fmt, args));
}
