using System.Diagnostics;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The environment of an <see cref="MLContext"/>.</summary>
internal sealed class LocalEnvironment(int? seed) : HostEnvironmentBase(seed, verbose: false)
{
    public override IChannel Start(string name) => new Channel(this, name, Listeners);

    protected override IHost RegisterCore(string shortName, string parentFullName, Random rand, bool verbose) =>
        new Host(this, shortName, parentFullName, rand, verbose);

    private sealed class Host(HostEnvironmentBase source, string shortName, string parentFullName, Random rand, bool verbose)
        : HostEnvironmentBase(source, shortName, parentFullName, rand, verbose), IHost
    {
        public Random Rand => Random;

        public override IChannel Start(string name) => new Channel(this, name, Listeners);

        protected override IHost RegisterCore(string name, string parent, Random random, bool isVerbose) =>
            new Host(this, name, parent, random, isVerbose);
    }

    /// <summary>Traces when it opens and closes.</summary>
    private sealed class Channel : ChannelBase
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();

        public Channel(ChannelProviderBase parent, string shortName, Listeners listeners) : base(parent, shortName, listeners) =>
            Trace(MessageSensitivity.None, "Channel started");

        protected override void Closing()
        {
            Trace(MessageSensitivity.None, "Channel finished. Elapsed {0:c}.", _watch.Elapsed);
            Trace(MessageSensitivity.None, "Channel disposed");
        }
    }
}
