global using TorchSharp.Interop;
global using Tensor = TorchSharp.torch.Tensor;
global using ScalarType = TorchSharp.torch.ScalarType;
global using Device = TorchSharp.torch.Device;
