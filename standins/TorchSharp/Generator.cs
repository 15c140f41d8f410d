namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers with a state of its own.</summary>
    public unsafe class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device? device = null)
            : this(Native.Check(Native.st_generator((int)(device?.type ?? DeviceType.CPU), device?.index ?? -1, seed)), device ?? CPU, true)
        {
        }

        private Generator(long handle, Device device, bool _)
        {
            Handle = (nint)handle;
            this.device = device;
        }

        ~Generator() => Dispose(false);

        public nint Handle { get; private set; }

        public Device device { get; private set; }

        public static Generator Default => new(Native.Check(Native.st_default_generator()), CPU, true);

        public Tensor get_state()
        {
            NativeResult state;
            Native.Check(Native.st_generator_state(Handle, &state));
            return new Tensor((nint)state.Value, state.Bytes);
        }

        public void set_state(Tensor value)
        {
            Native.Check(Native.st_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.st_generator_set_seed(Handle, (ulong)seed));
            return this;
        }

        public long seed()
        {
            ulong seed;
            Native.Check(Native.st_generator_new_seed(Handle, &seed));
            return (long)seed;
        }

        public long initial_seed()
        {
            ulong seed;
            Native.Check(Native.st_generator_current_seed(Handle, &seed));
            return (long)seed;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle == 0) return;
            Native.st_release_generator(Handle);
            Handle = 0;
        }
    }

    public static Generator manual_seed(long seed) => random.manual_seed(seed);
    public static long initial_seed() => random.initial_seed();
    public static long seed() => random.seed();
    public static Tensor get_rng_state() => random.get_rng_state();
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    /// <summary>The default generator of the CPU. Those of GPUs are seeded by <see cref="cuda.manual_seed_all"/>.</summary>
    public static class random
    {
        public static Generator manual_seed(long seed) => Generator.Default.manual_seed(seed);

        public static long initial_seed()
        {
            using Generator generator = Generator.Default;
            return generator.initial_seed();
        }

        public static long seed()
        {
            using Generator generator = Generator.Default;
            return generator.seed();
        }

        public static Tensor get_rng_state()
        {
            using Generator generator = Generator.Default;
            return generator.get_state();
        }

        public static void set_rng_state(Tensor new_state)
        {
            using Generator generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
